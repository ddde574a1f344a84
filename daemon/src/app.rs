//! Owns the wiring: the one file that sees every wing, builds them in order and starts them.

use std::io;
use std::sync::Arc;

use cp_token_protocol::message::ProtectionReport;

use crate::audit::Audit;
use crate::base::clock::{Clock, SystemClock};
use crate::base::unwind;
use crate::broker::Broker;
#[cfg(target_os = "linux")]
use crate::handover::Program;
use crate::handover::daemon_state::DaemonState;
use crate::ipc::acceptor::Acceptor;
#[cfg(target_os = "linux")]
use crate::ipc::removal_watch::RemovalWatch;
use crate::ipc::socket::BoundSocket;
use crate::lock::Lock;
use crate::process::harden;
use crate::process::paths::Paths;
use crate::process::protections::{self, Protections};
use crate::process::signals::Signals;
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
#[cfg(unix)]
mod reach;
#[cfg(target_os = "linux")]
mod upgrade;

#[cfg(target_os = "linux")]
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
    #[cfg(target_os = "linux")]
    pub program: Option<Program>,
    /// Whether the helper started the daemon.
    pub background: bool,
    /// How often a service manager expects a keep-alive.
    pub watchdog: Watchdog,
    /// What the old process hands over.
    #[cfg(target_os = "linux")]
    pub inherited: Option<InheritedState>,
}

struct App {
    startup: Startup,
    state: DaemonState,
    service: Arc<Service>,
    protections: Arc<Protections>,
    #[cfg(target_os = "linux")]
    removals: RemovalWatch,
}

/// Runs the daemon until a signal or a caller stops it. `ready` is called once callers are accepted. Fails if the system
/// refuses a runtime, a signal or the socket, or inherited state cannot be kept.
pub fn run(startup: Startup, ready: impl FnOnce()) -> io::Result<()> {
    // Without a pair of sockets the runtime would panic.
    #[cfg(unix)]
    std::os::unix::net::UnixStream::pair()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let mut app = App::build(startup);
        let _ = app.state.registry.reload().await;
        #[cfg(target_os = "linux")]
        let Some(taken_over) = app.take_over().await? else { return Ok(()) };
        let mut acceptor = app.start()?;
        ready();
        #[cfg(target_os = "linux")]
        app.finish_upgrade(taken_over);
        app.serve(&mut signals, &mut acceptor).await;
        app.stop(&mut acceptor).await;
        io::Result::Ok(())
    })?;
    // A keyring or a name lookup that hangs must not keep the process alive.
    runtime.shutdown_background();
    Ok(())
}

impl App {
    fn build(mut startup: Startup) -> Self {
        let paths = &startup.paths;
        let at_start = std::mem::take(&mut startup.protections);
        let protections = Arc::new(Protections::new(at_start, paths.address.socket().to_owned()));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let state_file = Arc::new(StateFile::load(paths.state_file.clone()));
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
            Arc::new(CodeFile::new(paths.codes_file.clone())),
            on_fetched(&state_file),
        );
        let audit = Audit::new(Arc::clone(&clock));
        let broker = Broker::new(Arc::clone(&clock), Arc::new(fetcher.clone()), Arc::clone(&audit), jitter);
        let state = state_file;
        let deps = RegistryDeps { state, sources, fetcher, broker, audit, clock, lock_flag: Arc::default() };
        let registry = Arc::new(Registry::new(paths, deps.clone()));
        let lock = Lock::new(deps.clone(), Arc::clone(&registry), Arc::clone(&memory));
        let service = Service::new(
            paths,
            deps.clone(),
            Arc::clone(&registry),
            Arc::clone(&lock),
            Arc::clone(&memory),
            keyring,
            Arc::clone(&protections),
        );
        let state = DaemonState { deps, registry, memory, lock };
        Self {
            startup,
            state,
            service,
            protections,
            #[cfg(target_os = "linux")]
            removals: RemovalWatch::default(),
        }
    }

    fn start(&mut self) -> io::Result<Acceptor> {
        let connections = harden::connection_limit();
        let (socket, service) = (self.startup.socket.listening()?, Arc::clone(&self.service));
        let (registry, broker) = (Arc::clone(&self.state.registry), Arc::clone(&self.state.deps.broker));
        broker.limit_waiters(connections / 2);
        tokio::spawn(async move { registry.recover().await });
        tokio::spawn(unwind::restarted(move || Arc::clone(&broker).run_timer()));
        protections::warn_of_limits();
        // Not before: to close the watch takes the system milliseconds, in which the child of a hand-over would not end.
        #[cfg(target_os = "linux")]
        self.removals.begin(self.startup.socket.folder());
        let acceptor = Acceptor::open(socket, service, connections)?;
        let (connections, protections) = (acceptor.connections(), Arc::clone(&self.protections));
        tokio::spawn(unwind::restarted(move || {
            event_loop::trim_memory(connections.clone(), Arc::clone(&protections))
        }));
        Ok(acceptor)
    }
}

fn on_fetched(state_file: &Arc<StateFile>) -> OnFetched {
    let state_file = Arc::clone(state_file);
    Arc::new(move |name, wall| state_file.record_token(name, wall))
}

/// In [0, 1). Spreads the timers of many daemons; no secret depends on it.
fn jitter() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}
