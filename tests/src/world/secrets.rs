//! Owns a stand-in for the program that keeps secrets on a session bus: it offers no encrypted session, and
//! remembers which ones it was asked for. It keeps nothing.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::fdo;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::World;

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";

/// Whoever took the name of the keyring service.
pub struct FakeSecrets {
    asked: Receiver<String>,
    _connection: Connection,
}

struct Service {
    asked: SyncSender<String>,
}

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl Service {
    fn open_session(&self, algorithm: &str, _input: Value<'_>) -> fdo::Result<(OwnedValue, OwnedObjectPath)> {
        let _ = self.asked.try_send(algorithm.to_owned());
        if algorithm != "plain" {
            return Err(fdo::Error::NotSupported("only in the open".to_owned()));
        }
        let path = format!("{PATH}/session/1").try_into();
        Ok((
            OwnedValue::from(zbus::zvariant::Str::from("")),
            path.map_err(|_| fdo::Error::Failed("path".to_owned()))?,
        ))
    }
}

impl FakeSecrets {
    /// Takes the name on the session bus of this world.
    pub fn start(world: &World) -> Self {
        let (sender, asked) = sync_channel(64);
        let builder = Builder::address(world.keyring().address()).and_then(|builder| builder.name(NAME));
        let builder = builder.and_then(|builder| builder.serve_at(PATH, Service { asked: sender }));
        Self { asked, _connection: builder.and_then(Builder::build).expect("the name is free") }
    }

    /// The kinds of sessions that were asked for since the last look.
    pub fn asked(&self) -> Vec<String> {
        self.asked.try_iter().collect()
    }
}
