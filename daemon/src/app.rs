//! Owns the wiring: the one file that sees every room, builds them in order, and stops them in order.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::message::ProtectionReport;

use crate::audit::Audit;
use crate::base::clock::{Clock, SystemClock};
use crate::base::files;
use crate::base::lock_flag::LockFlag;
use crate::base::unwind;
use crate::broker::Broker;
use crate::handover::Program;
use crate::handover::daemon_state::DaemonState;
use crate::ipc::acceptor::Acceptor;
use crate::ipc::listener::Listener;
use crate::ipc::removal_watch::RemovalWatch;
use crate::ipc::socket::BoundSocket;
use crate::lock::{Lock, LockDeps};
use crate::process::args::Role;
use crate::process::children;
use crate::process::harden;
use crate::process::paths::Paths;
use crate::process::protections::{self, Protections};
use crate::process::signals::{self, SignalEvent, Signals};
use crate::process::watchdog::{self, Watchdog};
use crate::profile::state::StateFile;
use crate::registry::{self, Registry};
use crate::secrets::sources::Sources;
use crate::secrets::vault::{KeyringBackend, MemoryBackend};
use crate::service::doctor::Doctor;
use crate::service::{Service, ServiceDeps};
use crate::token_endpoint::CrashPlanEndpoint;
use crate::token_request::codes::log::CodeFile;
use crate::token_request::fetcher::{OnFetched, TokenFetcher};

mod housekeeping;
mod reach;
mod upgrade;

use housekeeping::{LOOK_AROUND, chance, give_memory_back_after};
pub use upgrade::InheritedState;

/// What is there before the runtime is: places, a socket, and the account of the hardening.
pub struct Startup {
    /// Where files lie.
    pub paths: Paths,
    /// The socket and the right to its name.
    pub meeting: BoundSocket,
    /// How the hardening went.
    pub protections: Vec<ProtectionReport>,
    /// The program that we are; nothing where the system does not say.
    pub program: Option<Program>,
    /// Whether the helper has started us.
    pub background: bool,
    /// How often a service manager wants to hear of us.
    pub watchdog: Watchdog,
    /// What another daemon leaves us.
    pub legacy: Option<InheritedState>,
}

struct App {
    broker: Arc<Broker>,
    registry: Arc<Registry>,
    service: Arc<Service>,
    audit: Arc<Audit>,
    state: Arc<StateFile>,
    estate: DaemonState,
    meeting: BoundSocket,
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
pub fn run(mut foundation: Startup, ready: impl FnOnce()) -> io::Result<()> {
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
        let removals = RemovalWatch::new(app.meeting.folder());
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
    fn build(foundation: Startup) -> Self {
        let Startup { paths, meeting, protections, program, background, watchdog, legacy: _ } = foundation;
        let protections = Arc::new(Protections::new(protections, paths.address.socket().to_owned()));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let state = Arc::new(StateFile::load(paths.state_file()));
        let keyring = Arc::new(KeyringBackend::default());
        let memory = Arc::new(MemoryBackend::default());
        let lock_flag = Arc::new(LockFlag::default());
        let sources = Sources {
            keyring: Arc::<KeyringBackend>::clone(&keyring),
            external: Arc::<KeyringBackend>::clone(&keyring),
            memory: Arc::<MemoryBackend>::clone(&memory),
        };
        let endpoint = Arc::new(CrashPlanEndpoint);
        let log = Arc::new(CodeFile::new(paths.codes_file()));
        let redeemer =
            TokenFetcher::new(sources.clone(), endpoint, Arc::clone(&clock), log, on_redeemed(&state));
        let (refusals, codes, pauses) = (redeemer.refusals(), redeemer.codes(), redeemer.pauses());
        let audit = Audit::new(Arc::clone(&clock));
        let traded = Arc::new(redeemer.clone());
        let broker = Broker::new(Arc::clone(&clock), traded, Arc::clone(&audit), chance);
        let deps = registry::RegistryDeps {
            state: Arc::clone(&state),
            sources,
            fetcher: redeemer.clone(),
            broker: Arc::clone(&broker),
            audit: Arc::clone(&audit),
            clock: Arc::clone(&clock),
            lock_flag: Arc::clone(&lock_flag),
        };
        let registry = Arc::new(Registry::new(&paths, deps));
        let examination = Doctor {
            lock_flag: Arc::clone(&lock_flag),
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
        let lock = Lock::new(LockDeps {
            lock_flag,
            broker: Arc::clone(&broker),
            registry: Arc::clone(&registry),
            memory: Arc::clone(&memory),
            refusals: Arc::clone(&refusals),
            clock: Arc::clone(&clock),
        });
        let estate = DaemonState {
            broker: Arc::clone(&broker),
            registry: Arc::clone(&registry),
            memory: Arc::clone(&memory),
            refusals,
            codes,
            pauses,
            lock: Arc::clone(&lock),
            audit: Arc::clone(&audit),
        };
        let service = Service::new(ServiceDeps {
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

    fn start(&self) -> io::Result<Acceptor> {
        let socket = self.meeting.listening()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let connections = harden::connection_limit();
        let listener = Listener::new(socket, Arc::clone(&self.service), clock, connections)?;
        self.broker.limit_waiters(connections / 2);
        let registry = Arc::clone(&self.registry);
        tokio::spawn(async move { registry.recover().await });
        let broker = Arc::clone(&self.broker);
        tokio::spawn(unwind::restarted(move || Arc::clone(&broker).run_timer()));
        protections::warn_of_limits();
        let door = Acceptor::open(listener);
        let (conversations, protections) = (door.connections(), self.service.protections());
        tokio::spawn(unwind::restarted(move || {
            give_memory_back_after(conversations.clone(), Arc::clone(&protections))
        }));
        Ok(door)
    }

    /// A request that ends in a panic ends nothing else.
    async fn serve(&mut self, signals: &mut Signals, door: &mut Acceptor, removals: &RemovalWatch) -> Stop {
        loop {
            if let Ok(end) = unwind::caught(self.until_over(signals, door, removals)).await {
                return end;
            }
            tokio::time::sleep(unwind::PAUSE).await;
        }
    }

    async fn until_over(
        &mut self,
        signals: &mut Signals,
        door: &mut Acceptor,
        removals: &RemovalWatch,
    ) -> Stop {
        // An interval and no sleep: however often the config is read again, the next look comes.
        let turn = self.watchdog.turn(LOOK_AROUND);
        let mut look = tokio::time::interval_at(tokio::time::Instant::now() + turn, turn);
        loop {
            let is_wanted = tokio::select! {
                wish = signals.next() => match wish {
                    SignalEvent::Stop => return stopping("at a signal"),
                    SignalEvent::Reload => {
                        watchdog::reloading(async { drop(self.registry.reload().await) }).await;
                        false
                    }
                    SignalEvent::Restart => true,
                    SignalEvent::Reap => {
                        children::reap_orphans();
                        false
                    }
                },
                () = self.service.stop_requested() => return stopping("at a caller's wish"),
                () = self.service.restarts().requested() => true,
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
    async fn stop(&self, door: &mut Acceptor) {
        watchdog::stopping();
        self.meeting.remove_name();
        door.close().await;
        self.broker.stop();
        let _ = tokio::time::timeout(FAREWELL, self.state.flush()).await;
        let _ = tokio::time::timeout(FAREWELL, door.connections().all_closed()).await;
        let _ = tokio::time::timeout(FAREWELL, self.audit.flush_file()).await;
    }
}

fn stopping(why: &str) -> Stop {
    tracing::info!("stopping {why}");
    Stop
}

fn on_redeemed(state: &Arc<StateFile>) -> OnFetched {
    let state = Arc::clone(state);
    Arc::new(move |name, wall| state.record_token(name, wall))
}

/// For the replies that are still under way when the daemon stops, and then for the last lines of the audit file.
const FAREWELL: Duration = Duration::from_millis(1000);
