//! Owns the text of the launchd agent. Pure.

pub(super) const LABEL: &str = "io.github.cp-token.cp-tokend";
const TEXT: &str = include_str!("../../../../packaging/launchd/io.github.cp-token.cp-tokend.plist");

pub(super) fn text(program: &str) -> String {
    let line = |path: &str| format!("<string>{path}</string>");
    TEXT.replace(&line("/usr/local/bin/cp-tokend"), &line(&super::escape_xml(program)))
}

/// The agent's PID in the output of `launchctl print`.
pub(super) fn process(answer: &str) -> Option<u32> {
    answer.lines().find_map(|line| line.trim().strip_prefix("pid = ")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_is_the_packaged_one_but_for_the_program_s_path() {
        assert_eq!(text("/usr/local/bin/cp-tokend"), TEXT);
        let odd = text("/Users/a & b/<x> 100%/\"q\"/cp-tokend");
        assert!(
            odd.contains("<string>/Users/a &amp; b/&lt;x&gt; 100%/&quot;q&quot;/cp-tokend</string>"),
            "{odd}"
        );
        assert_eq!(process("\tstate = running\n\tpid = 412\n"), Some(412));
        assert_eq!(process("state = waiting\n"), None);
        assert!(
            TEXT.contains(&format!("<string>{LABEL}</string>")) && !TEXT.contains("EnvironmentVariables")
        );
    }
}
