//! Owns the texts of the systemd units, and what `systemctl show` answers about them. Pure.

pub(super) const SOCKET: &str = "cp-token.socket";
pub(super) const SERVICE: &str = "cp-tokend.service";

pub(super) const SOCKET_TEXT: &str = include_str!("../../../../packaging/systemd/cp-token.socket");
const SERVICE_TEXT: &str = include_str!("../../../../packaging/systemd/cp-tokend.service");

/// The text of the daemon's unit, with the program at this absolute path; none where systemd runs nothing by such a name.
pub(super) fn service_text(program: &str) -> Option<String> {
    let line = format!("\nExecStart={}\n", word(program)?);
    Some(SERVICE_TEXT.replace("\nExecStart=/usr/bin/cp-tokend\n", &line))
}

/// The path in the syntax of systemd.service(5), which cannot express a quote or a backslash in a program's name.
fn word(path: &str) -> Option<String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/._+-".contains(character);
    if path.chars().all(is_plain) {
        return Some(path.to_owned());
    }
    let is_refused = |character: char| character.is_control() || "\"'\\".contains(character);
    (!path.chars().any(is_refused)).then(|| format!("\"{}\"", path.replace('%', "%%")))
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// `loaded`, `not-found`, `masked` and the like.
    pub(super) load: String,
    /// `active`, `inactive`, `failed` and the like.
    pub(super) active: String,
    /// `enabled`, `disabled`, `static` and the like; empty for a unit without a file.
    pub(super) file_state: String,
    pub(super) file: String,
    /// 0 for none.
    pub(super) process: u32,
    pub(super) listens: String,
}

impl Unit {
    pub(super) fn is_loaded(&self) -> bool {
        self.load == "loaded"
    }

    pub(super) fn is_active(&self) -> bool {
        self.active == "active"
    }
}

pub(super) const PROPERTIES: &str = "LoadState,ActiveState,UnitFileState,FragmentPath,MainPID,Listen";

/// What `systemctl show --property=…` has answered about one unit.
pub(super) fn unit(answer: &str) -> Unit {
    let value = |name: &str| {
        let of_name = |line: &str| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        answer.lines().find_map(of_name).unwrap_or_default()
    };
    Unit {
        load: value("LoadState"),
        active: value("ActiveState"),
        file_state: value("UnitFileState"),
        file: value("FragmentPath"),
        process: value("MainPID").parse().unwrap_or(0),
        listens: value("Listen").trim_end_matches(" (Stream)").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_packaged_one_but_for_the_program_s_path() {
        assert_eq!(service_text("/usr/bin/cp-tokend").unwrap(), SERVICE_TEXT);
        let other = service_text("/opt/x/cp-tokend").unwrap();
        assert_eq!(other.replace("/opt/x/cp-tokend", "/usr/bin/cp-tokend"), SERVICE_TEXT);
        assert_ne!(other, SERVICE_TEXT);
    }

    #[test]
    fn a_path_that_is_no_plain_one_is_quoted_and_its_percent_signs_are_doubled() {
        for (path, line) in [
            ("/opt/cp-token_1.0+b/cp-tokend", "/opt/cp-token_1.0+b/cp-tokend"),
            ("/opt/a b/cp-tokend", r#""/opt/a b/cp-tokend""#),
            ("/opt/100%n/cp-tokend", r#""/opt/100%%n/cp-tokend""#),
            ("/o/x;$HOME/cp-tokend", r#""/o/x;$HOME/cp-tokend""#),
            ("/home/jürgen/cp-tokend", r#""/home/jürgen/cp-tokend""#),
        ] {
            let text = service_text(path).unwrap();
            assert!(text.contains(&format!("\nExecStart={line}\n")), "{path}: {text}");
            assert_eq!(text.matches("\nExecStart=").count(), 1);
        }
        for path in ["/o/it's/cp-tokend", "/o/\"q\"/cp-tokend", "/o/a\\b/cp-tokend", "/o/a\nb/cp-tokend"] {
            assert_eq!(service_text(path), None, "{path}");
        }
    }

    #[test]
    fn an_answer_of_the_manager_is_read_by_name_and_what_is_missing_is_empty() {
        let answer =
            "MainPID=17\nListen=/run/user/1/cp-token/daemon.sock (Stream)\nActiveState=active\nNoise\n";
        let read = unit(answer);
        assert_eq!((read.process, read.active.as_str(), read.load.as_str()), (17, "active", ""));
        assert_eq!(read.listens, "/run/user/1/cp-token/daemon.sock");
        assert_eq!(unit(""), Unit::default());
    }
}
