//! Owns the wiring: the one file that sees every wing, builds them in order and starts them.

use std::io;
use std::sync::Arc;

use cp_token_protocol::message::ProtectionReport;

use crate::audit::Audit;
use crate::base::clock::{Clock, SystemClock};
use crate::base::unwind;
use crate::broker::Broker;
use crate::handover::Program;
use crate::handover::daemon_state::DaemonState;
use crate::ipc::acceptor::Acceptor;
use crate::ipc::removal_watch::RemovalWatch;
use crate::ipc::socket::BoundSocket;
use crate::lock::Lock;
use crate::process::harden;
use crate::process::paths::Paths;
use crate::process::protections::{self, Protections};
use crate::process::signals::{self, Signals};
use crate::process::watchdog::Watchdog;
use crate::profile::state::StateFile;
use crate::registry::{Registry, RegistryDeps};
use crate::secrets::sources::Sources;
use crate::secrets::sources::{KeyringBackend, MemoryBackend};
use crate::service::Service;
use crate::token_endpoint::CrashPlanEndpoint;
use crate::token_request::codes::log::CodeFile;
use crate::token_request::fetcher::{OnFetched, TokenFetcher};

#[cfg(target_os = "linux")]
mod drain;
mod event_loop;
mod housekeeping;
mod reach;
mod upgrade;

pub use upgrade::InheritedState;

/// What exists before the runtime does.
pub struct Startup {
    /// Where files are.
    pub paths: Paths,
    /// The bound socket and the instance lock.
    pub socket: BoundSocket,
    /// Which protections are on.
    pub protections: Vec<ProtectionReport>,
    /// The program that this process runs, if the system says so.
    pub program: Option<Program>,
    /// Whether the helper started the daemon.
    pub background: bool,
    /// How often a service manager expects a keep-alive.
    pub watchdog: Watchdog,
    /// What the old process hands over.
    pub inherited: Option<InheritedState>,
}

struct App {
    deps: RegistryDeps,
    registry: Arc<Registry>,
    service: Arc<Service>,
    protections: Arc<Protections>,
    daemon_state: DaemonState,
    socket: BoundSocket,
    program: Option<Program>,
    background: bool,
    watchdog: Watchdog,
}

/// Runs the daemon until a signal or a caller stops it. `ready` is called once callers are accepted.
///
/// # Errors
/// If the system refuses a runtime, a signal or the socket, or inherited state cannot be kept.
pub fn run(mut startup: Startup, ready: impl FnOnce()) -> io::Result<()> {
    signals::require_sockets()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let inherited = startup.inherited.take();
        let mut app = App::build(startup);
        let _ = app.registry.reload().await;
        let taken_over = match inherited {
            Some(inherited) => match app.take_over(inherited).await? {
                None => return Ok(()),
                taken_over => taken_over,
            },
            None => None,
        };
        let mut acceptor = app.start()?;
        let removals = RemovalWatch::new(app.socket.folder());
        ready();
        if let Some(taken_over) = taken_over {
            app.finish_upgrade(taken_over);
        }
        app.serve(&mut signals, &mut acceptor, &removals).await;
        app.stop(&mut acceptor).await;
        io::Result::Ok(())
    })?;
    // A keyring or a name lookup that hangs must not keep the process alive.
    runtime.shutdown_background();
    Ok(())
}

impl App {
    fn build(startup: Startup) -> Self {
        let Startup { paths, socket, protections, program, background, watchdog, inherited: _ } = startup;
        let protections = Arc::new(Protections::new(protections, paths.address.socket().to_owned()));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let state_file = Arc::new(StateFile::load(paths.state_file()));
        let keyring = Arc::new(KeyringBackend::default());
        let memory = Arc::new(MemoryBackend::default());
        let sources = Sources {
            keyring: Arc::<KeyringBackend>::clone(&keyring),
            external: Arc::<KeyringBackend>::clone(&keyring),
            memory: Arc::<MemoryBackend>::clone(&memory),
        };
        let fetcher = TokenFetcher::new(
            sources.clone(),
            Arc::new(CrashPlanEndpoint),
            Arc::clone(&clock),
            Arc::new(CodeFile::new(paths.codes_file())),
            on_fetched(&state_file),
        );
        let audit = Audit::new(Arc::clone(&clock));
        let jitter = housekeeping::jitter;
        let broker = Broker::new(Arc::clone(&clock), Arc::new(fetcher.clone()), Arc::clone(&audit), jitter);
        let state = state_file;
        let deps = RegistryDeps { state, sources, fetcher, broker, audit, clock, lock_flag: Arc::default() };
        let registry = Arc::new(Registry::new(&paths, deps.clone()));
        let lock = Lock::new(deps.clone(), Arc::clone(&registry), Arc::clone(&memory));
        let daemon_state = DaemonState {
            deps: deps.clone(),
            registry: Arc::clone(&registry),
            memory: Arc::clone(&memory),
            lock: Arc::clone(&lock),
        };
        let service = Service::new(
            &paths,
            deps.clone(),
            Arc::clone(&registry),
            lock,
            memory,
            keyring,
            Arc::clone(&protections),
        );
        Self { deps, registry, service, protections, daemon_state, socket, program, background, watchdog }
    }

    fn start(&self) -> io::Result<Acceptor> {
        let connections = harden::connection_limit();
        let (socket, service) = (self.socket.listening()?, Arc::clone(&self.service));
        self.deps.broker.limit_waiters(connections / 2);
        let registry = Arc::clone(&self.registry);
        tokio::spawn(async move { registry.recover().await });
        let broker = Arc::clone(&self.deps.broker);
        tokio::spawn(unwind::restarted(move || Arc::clone(&broker).run_timer()));
        protections::warn_of_limits();
        let acceptor = Acceptor::open(socket, service, connections)?;
        let (connections, protections) = (acceptor.connections(), Arc::clone(&self.protections));
        tokio::spawn(unwind::restarted(move || {
            housekeeping::trim_memory(connections.clone(), Arc::clone(&protections))
        }));
        Ok(acceptor)
    }
}

fn on_fetched(state_file: &Arc<StateFile>) -> OnFetched {
    let state_file = Arc::clone(state_file);
    Arc::new(move |name, wall| state_file.record_token(name, wall))
}
