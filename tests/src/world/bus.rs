//! Owns a private message bus. Nobody is on it whom the test did not start.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::processes;

/// A bus. Dropping it ends it.
pub(super) struct Bus {
    process: Child,
    address: String,
}

impl Bus {
    /// Starts one whose socket has this name in the world's run folder.
    pub(super) fn start(root: &Path, name: &str) -> Self {
        let config = root.join(format!("{name}.conf"));
        std::fs::write(&config, bus_config(&root.join("run").join(name))).expect("write the bus's config");
        let mut command = Command::new("dbus-daemon");
        command.arg("--nofork").arg("--print-address").arg(format!("--config-file={}", config.display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("run dbus-daemon");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("the bus's address");
        Self { process, address: line.trim_end().to_owned() }
    }

    /// Where it is.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        processes::end(self.process.id());
        drop(self.process.wait());
    }
}

/// Without a folder of services the bus starts none by itself.
fn bus_config(socket: &Path) -> String {
    format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
         <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
        socket.display()
    )
}
