//! Owns the text of the Windows logon task. Pure.

pub(super) const NAME: &str = "cp-tokend";
const TEXT: &str = include_str!("../../../../packaging/windows/cp-tokend-task.xml");

pub(super) fn text(program: &str, user: &str) -> String {
    let command = |path: &str| format!("<Command>{path}</Command>");
    let account = |user: &str| format!("<UserId>{user}</UserId>");
    TEXT.replace(&command(r"C:\Program Files\cp-token\cp-tokend.exe"), &command(&super::escape_xml(program)))
        .replace(&account(r"DOMAIN\user"), &account(&super::escape_xml(user)))
}

/// The text as schtasks reads it whatever the system's code page is: UTF-16 with its mark.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_is_the_packaged_one_but_for_program_and_user() {
        let text = text(r"C:\A & B\cp-tokend.exe", r"CORP\<jo>");
        assert!(text.contains(r"<Command>C:\A &amp; B\cp-tokend.exe</Command>"), "{text}");
        assert_eq!(text.matches(r"<UserId>CORP\&lt;jo&gt;</UserId>").count(), 2);
        let back = text
            .replace(r"C:\A &amp; B\cp-tokend.exe", r"C:\Program Files\cp-token\cp-tokend.exe")
            .replace(r"CORP\&lt;jo&gt;", r"DOMAIN\user");
        assert_eq!(back, TEXT);
        assert!(TEXT.contains(&format!(r"<URI>\{NAME}</URI>")));
    }

    #[test]
    fn schtasks_is_given_marked_utf_16_with_its_own_ends_of_lines() {
        assert_eq!(bytes("ü\n"), [0xFF, 0xFE, 0xFC, 0, 0x0D, 0, 0x0A, 0]);
        assert_eq!(bytes("\r\n"), [0xFF, 0xFE, 0x0D, 0, 0x0A, 0]);
    }
}
