//! Owns the profiles of the simulated worlds.

use std::sync::{Arc, LazyLock, Mutex};

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{Identity, SecretSource, TotpMethod};
use cp_tokend::broker::Broker;
use cp_tokend::profile::request_url::RequestUrl;
use cp_tokend::profile::{Network, Profile};

use crate::pause_checker::PauseChecker;
use crate::random::Random;

/// The profiles in force, which people change.
pub(crate) struct Profiles(Mutex<Vec<Arc<Profile>>>);

impl Profiles {
    pub(crate) fn new(all: impl IntoIterator<Item = Arc<Profile>>) -> Self {
        Self(Mutex::new(all.into_iter().collect()))
    }

    pub(crate) fn get(&self, name: &ProfileName) -> Arc<Profile> {
        let all = self.0.lock().expect("lock");
        all.iter().find(|profile| profile.name == *name).map(Arc::clone).expect("it is never deleted")
    }

    pub(crate) fn pick(&self, random: &mut Random) -> Arc<Profile> {
        Arc::clone(random.pick(&self.0.lock().expect("lock")))
    }

    pub(crate) fn names(&self) -> Vec<ProfileName> {
        self.0.lock().expect("lock").iter().map(|profile| profile.name.clone()).collect()
    }

    /// Somebody edits a profile: its further origins, its way to the server, or only the file around it.
    pub(crate) fn change_one(&self, random: &mut Random, broker: &Broker, pauses: &PauseChecker) {
        let old = self.pick(random);
        let mut new = Profile::clone(&old);
        match random.below(3) {
            0 => new.network.no_proxy.push(format!("host-{}", random.below(1000))),
            1 => new.insecure_http = !new.insecure_http,
            _ => {}
        }
        let new = Arc::new(new);
        for profile in &mut *self.0.lock().expect("lock") {
            if profile.name == new.name {
                *profile = Arc::clone(&new);
            }
        }
        if new.network != old.network {
            pauses.rerouted(&new.name);
        }
        broker.profiles_changed(|name| Some(self.get(name)));
    }
}

/// An API client.
pub(crate) static CLIENT: LazyLock<Arc<Profile>> = LazyLock::new(|| client("a"));

/// An API client whose secret the daemon only reads.
pub(crate) static READER: LazyLock<Arc<Profile>> = LazyLock::new(|| {
    let secret_source = SecretSource::File("/run/secrets/crashplan".to_owned());
    Arc::new(Profile { secret_source, ..Profile::clone(&CLIENT) })
});

/// An API client of that name.
pub(crate) fn client(name: &str) -> Arc<Profile> {
    Arc::new(profile(name, Identity::ApiClient("key-1".to_owned()), TotpMethod::None))
}

/// A user of that name, with one-time codes.
pub(crate) fn user(name: &str, totp: TotpMethod) -> Arc<Profile> {
    Arc::new(profile(name, Identity::User("jo@example.com".to_owned()), totp))
}

fn profile(name: &str, identity: Identity, totp: TotpMethod) -> Profile {
    Profile {
        name: ProfileName::parse(name).expect("a name"),
        url: RequestUrl::parse("https://console.example.com", false).expect("a request URL"),
        identity,
        totp,
        secret_source: SecretSource::Memory,
        network: Network::default(),
        insecure_http: false,
        also_for: Vec::new(),
    }
}
