//! Owns the wiring: the one file that sees every room, builds them in order, and stops them in order.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::message::ProtectionReport;

use crate::audit::Audit;
use crate::authority::CrashPlanEndpoint;
use crate::broker::Broker;
use crate::children;
use crate::clock::{Clock, SystemClock};
use crate::codes::log::CodeFile;
use crate::examination::Examination;
use crate::files;
use crate::gate::Gate;
use crate::handover::estate::Estate;
use crate::handover::{Program, Role};
use crate::harden;
use crate::ipc::conversations::Conversations;
use crate::ipc::door::Door;
use crate::ipc::listener::Listener;
use crate::ipc::removals::Removals;
use crate::ipc::socket::MeetingPlace;
use crate::lock::{Lock, Rooms};
use crate::paths::Paths;
use crate::protections::{self, Protections};
use crate::redeemer::{OnRedeemed, Redeemer};
use crate::registry::{self, Registry};
use crate::service::{Parts, Service};
use crate::signals::{self, Signals, Wish};
use crate::sources::Sources;
use crate::state::StateFile;
use crate::unwind;
use crate::vault::{KeyringSource, MemorySource};
use crate::watchdog::{self, Watchdog};

mod reach;
mod succession;

pub use succession::Legacy;

/// What is there before the runtime is: places, a socket, and the account of the hardening.
pub struct Foundation {
    /// Where files lie.
    pub paths: Paths,
    /// The socket and the right to its name.
    pub meeting: MeetingPlace,
    /// How the hardening went.
    pub protections: Vec<ProtectionReport>,
    /// The program that we are; nothing where the system does not say.
    pub program: Option<Program>,
    /// Whether the helper has started us.
    pub background: bool,
    /// How often a service manager wants to hear of us.
    pub watchdog: Watchdog,
    /// What another daemon leaves us.
    pub legacy: Option<Legacy>,
}

struct App {
    broker: Arc<Broker>,
    registry: Arc<Registry>,
    service: Arc<Service>,
    audit: Arc<Audit>,
    state: Arc<StateFile>,
    estate: Estate,
    meeting: MeetingPlace,
    program: Option<Program>,
    background: bool,
    watchdog: Watchdog,
}

/// The daemon is to stop.
struct Stop;

/// Is the daemon until a signal or a caller ends it. `ready` is called once callers are let in.
///
/// # Errors
/// Where the system refuses a runtime, a signal or the socket, or a legacy cannot be kept.
pub fn run(mut foundation: Foundation, ready: impl FnOnce()) -> io::Result<()> {
    signals::require_sockets()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let legacy = foundation.legacy.take();
        let mut app = App::build(foundation);
        let _ = app.registry.reload().await;
        let mut taken = match legacy {
            Some(legacy) => Some(app.take_over(legacy).await?),
            None => None,
        };
        if let Some(taken) = taken.take_if(|taken| taken.role == Role::Rehearsal) {
            app.hold(taken).await;
            return Ok(());
        }
        let mut door = app.start()?;
        let removals = Removals::from(app.meeting.folder());
        ready();
        if let Some(taken) = taken {
            app.answer(taken);
        }
        app.serve(&mut signals, &mut door, &removals).await;
        app.stop(&mut door).await;
        io::Result::Ok(())
    })?;
    // A keyring or a name look-up that hangs must not keep the process alive.
    runtime.shutdown_background();
    Ok(())
}

impl App {
    fn build(foundation: Foundation) -> Self {
        let Foundation { paths, meeting, protections, program, background, watchdog, legacy: _ } = foundation;
        let protections = Arc::new(Protections::new(protections, paths.address.socket().to_owned()));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let state = Arc::new(StateFile::load(paths.state_file()));
        let keyring = Arc::new(KeyringSource::default());
        let memory = Arc::new(MemorySource::default());
        let gate = Arc::new(Gate::default());
        let sources = Sources {
            keyring: Arc::<KeyringSource>::clone(&keyring),
            foreign: Arc::<KeyringSource>::clone(&keyring),
            memory: Arc::<MemorySource>::clone(&memory),
        };
        let endpoint = Arc::new(CrashPlanEndpoint);
        let log = Arc::new(CodeFile::new(paths.codes_file()));
        let redeemer = Redeemer::new(sources.clone(), endpoint, Arc::clone(&clock), log, on_redeemed(&state));
        let (refusals, codes, pauses) = (redeemer.refusals(), redeemer.codes(), redeemer.pauses());
        let audit = Audit::new(Arc::clone(&clock));
        let traded = Arc::new(redeemer.clone());
        let broker = Broker::new(Arc::clone(&clock), traded, Arc::clone(&audit), chance);
        let rooms = registry::Rooms {
            state: Arc::clone(&state),
            sources,
            redeemer: redeemer.clone(),
            broker: Arc::clone(&broker),
            audit: Arc::clone(&audit),
            clock: Arc::clone(&clock),
            gate: Arc::clone(&gate),
        };
        let registry = Arc::new(Registry::new(&paths, rooms));
        let examination = Examination {
            gate: Arc::clone(&gate),
            registry: Arc::clone(&registry),
            broker: Arc::clone(&broker),
            redeemer,
            keyring: Arc::clone(&keyring),
            state: Arc::clone(&state),
            audit: Arc::clone(&audit),
            clock: Arc::clone(&clock),
            protections: Arc::clone(&protections),
            turn: Arc::default(),
            routes: Arc::default(),
        };
        let lock = Lock::new(Rooms {
            gate,
            broker: Arc::clone(&broker),
            registry: Arc::clone(&registry),
            memory: Arc::clone(&memory),
            refusals: Arc::clone(&refusals),
            clock: Arc::clone(&clock),
        });
        let estate = Estate {
            broker: Arc::clone(&broker),
            registry: Arc::clone(&registry),
            memory: Arc::clone(&memory),
            refusals,
            codes,
            pauses,
            lock: Arc::clone(&lock),
            audit: Arc::clone(&audit),
        };
        let service = Service::new(Parts {
            broker: Arc::clone(&broker),
            registry: Arc::clone(&registry),
            lock,
            audit: Arc::clone(&audit),
            examination,
            clock,
            secrets_in_memory: Box::new(move || memory.count()),
            keyring: Box::new(move || keyring.health()),
            protections,
            socket: files::exact(paths.address.socket()),
            state_file: files::exact(&paths.state_file()),
        });
        Self { broker, registry, service, audit, state, estate, meeting, program, background, watchdog }
    }

    fn start(&self) -> io::Result<Door> {
        let socket = self.meeting.listening()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let connections = harden::connection_limit();
        let listener = Listener::new(socket, Arc::clone(&self.service), clock, connections)?;
        self.broker.limit_waiters(connections / 2);
        let registry = Arc::clone(&self.registry);
        tokio::spawn(async move { registry.settle().await });
        let broker = Arc::clone(&self.broker);
        tokio::spawn(unwind::restarted(move || Arc::clone(&broker).keep_time()));
        protections::warn_of_limits();
        let door = Door::open(listener);
        let (conversations, protections) = (door.conversations(), self.service.protections());
        tokio::spawn(unwind::restarted(move || {
            give_memory_back_after(conversations.clone(), Arc::clone(&protections))
        }));
        Ok(door)
    }

    /// A request that ends in a panic ends nothing else.
    async fn serve(&mut self, signals: &mut Signals, door: &mut Door, removals: &Removals) -> Stop {
        loop {
            if let Ok(end) = unwind::caught(self.until_over(signals, door, removals)).await {
                return end;
            }
            tokio::time::sleep(unwind::PAUSE).await;
        }
    }

    async fn until_over(&mut self, signals: &mut Signals, door: &mut Door, removals: &Removals) -> Stop {
        // An interval and no sleep: however often the config is read again, the next look comes.
        let turn = self.watchdog.turn(LOOK_AROUND);
        let mut look = tokio::time::interval_at(tokio::time::Instant::now() + turn, turn);
        loop {
            let is_wanted = tokio::select! {
                wish = signals.next() => match wish {
                    Wish::Stop => return stopping("at a signal"),
                    Wish::Reload => {
                        watchdog::reloading(async { drop(self.registry.reload().await) }).await;
                        false
                    }
                    Wish::Restart => true,
                    Wish::Reap => {
                        children::reap_orphans();
                        false
                    }
                },
                () = self.service.stop_requested() => return stopping("at a caller's wish"),
                () = self.service.restarts().wanted() => true,
                () = removals.next() => self.after_removal(door).await,
                _ = look.tick() => {
                    self.watchdog.turned();
                    if self.is_lost(door).await {
                        return Stop;
                    }
                    false
                },
            };
            if is_wanted && let Some(stop) = self.be_succeeded(signals, door).await {
                return stop;
            }
        }
    }

    /// Nobody new is let in; whoever waits is told; then a moment for the last replies.
    async fn stop(&self, door: &mut Door) {
        watchdog::stopping();
        self.meeting.remove_name();
        door.close().await;
        self.broker.stop();
        let _ = tokio::time::timeout(FAREWELL, self.state.flush()).await;
        let _ = tokio::time::timeout(FAREWELL, door.conversations().all_over()).await;
        let _ = tokio::time::timeout(FAREWELL, self.audit.copied()).await;
    }
}

fn stopping(why: &str) -> Stop {
    tracing::info!("stopping {why}");
    Stop
}

fn on_redeemed(state: &Arc<StateFile>) -> OnRedeemed {
    let state = Arc::clone(state);
    Arc::new(move |name, wall| state.redeemed(name, wall))
}

/// After a burst of conversations the heap is handed back, and what it left of secrets is looked at.
async fn give_memory_back_after(conversations: Conversations, protections: Arc<Protections>) {
    loop {
        let _ = tokio::time::timeout(LOOK_AROUND, conversations.one_over()).await;
        tokio::time::sleep(SETTLE).await;
        harden::give_memory_back();
        protections.watch();
    }
}

/// In [0, 1). Spreads timers over a fleet; nothing secret rests on it.
fn chance() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// How often the daemon looks whether callers can still find it.
const LOOK_AROUND: Duration = Duration::from_secs(30);
/// For the replies that are still under way when the daemon stops, and then for the last lines of the audit file.
const FAREWELL: Duration = Duration::from_millis(1000);
/// Between the end of a conversation and the return of its memory.
const SETTLE: Duration = Duration::from_millis(250);
