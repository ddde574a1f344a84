//! Owns the parser of git's credential descriptions. Only a line feed ends a line; ambiguous input is refused.

use cp_token_protocol::Failure;

use crate::adapters::malformed;

/// What git says of a credential. Values lie where they were read; nothing of them is copied.
#[derive(Default)]
pub(crate) struct Description<'i> {
    pub(super) protocol: Option<&'i [u8]>,
    pub(super) host: Option<&'i [u8]>,
    pub(super) path: Option<&'i [u8]>,
    pub(super) username: Option<&'i [u8]>,
    pub(super) password: Option<&'i [u8]>,
    pub(super) authtype: Option<&'i [u8]>,
    pub(super) credential: Option<&'i [u8]>,
    /// In the place of protocol, host, path and user.
    pub(super) url: Option<&'i [u8]>,
    /// The values of the server's `WWW-Authenticate` fields, in order.
    pub(super) challenges: Vec<&'i [u8]>,
    /// The states that helpers have asked git to keep.
    pub(super) states: Vec<&'i [u8]>,
    /// Whether git can send another scheme than Basic.
    pub(super) knows_authtype: bool,
    /// Whether git keeps states.
    pub(super) knows_state: bool,
}

/// Whether the empty line has come that ends a description.
pub(crate) fn is_complete(input: &[u8]) -> bool {
    input.starts_with(b"\n") || input.windows(2).any(|pair| pair == b"\n\n")
}

impl<'i> Description<'i> {
    /// Parses a description up to its empty line or the end. [`cp_token_protocol::ErrorCode::BAD_INPUT`] if it is ambiguous.
    pub(crate) fn parse(input: &'i [u8]) -> Result<Self, Failure> {
        let mut description = Self::default();
        for line in input.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty()) {
            if line.iter().any(|byte| b"\r\0".contains(byte)) {
                return Err(malformed("git's description has a carriage return or a zero byte"));
            }
            let equals = line.iter().position(|&byte| byte == b'=');
            let equals = equals.ok_or_else(|| malformed("git's description has a line without ="))?;
            description.take(&line[..equals], &line[equals + 1..])?;
        }
        description.require_one_target()?;
        Ok(description)
    }

    fn take(&mut self, key: &[u8], value: &'i [u8]) -> Result<(), Failure> {
        let once = match key {
            b"protocol" => &mut self.protocol,
            b"host" => &mut self.host,
            b"path" => &mut self.path,
            b"username" => &mut self.username,
            b"password" => &mut self.password,
            b"authtype" => &mut self.authtype,
            b"credential" => &mut self.credential,
            b"url" => &mut self.url,
            _ => {
                self.take_of_several(key, value);
                return Ok(());
            }
        };
        match once.replace(value) {
            None => Ok(()),
            Some(_) => Err(malformed("git's description says something twice that can be said once")),
        }
    }

    fn take_of_several(&mut self, key: &[u8], value: &'i [u8]) {
        match key {
            b"wwwauth[]" => add(&mut self.challenges, value),
            b"state[]" => add(&mut self.states, value),
            b"capability[]" => self.take_capability(value),
            _ => {}
        }
    }

    fn take_capability(&mut self, name: &[u8]) {
        match name {
            b"" => (self.knows_authtype, self.knows_state) = (false, false),
            b"authtype" => self.knows_authtype = true,
            b"state" => self.knows_state = true,
            _ => {}
        }
    }

    fn require_one_target(&self) -> Result<(), Failure> {
        let parts = [self.protocol, self.host, self.path, self.username];
        if self.url.is_some() && parts.iter().any(Option::is_some) {
            return Err(malformed("git's description has both a URL and parts of one"));
        }
        Ok(())
    }
}

/// An empty value takes back what came before.
fn add<'i>(list: &mut Vec<&'i [u8]>, value: &'i [u8]) {
    if value.is_empty() { list.clear() } else { list.push(value) }
}
