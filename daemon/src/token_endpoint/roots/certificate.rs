//! Owns the few fields of a certificate (RFC 5280, section 4.1) that the library reads only of a chain: its dates, its
//! purpose, and whether it may sign others. Pure.

use std::time::UNIX_EPOCH;

const SEQUENCE: u8 = 0x30;
const OBJECT_ID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
const SERVER_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

/// The fields of a certificate that matter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CertificateFields {
    /// The first second of its validity, since 1970.
    pub(super) not_before: u64,
    /// The last second.
    pub(super) not_after: u64,
    /// Whether it may be a server's: it has no list of purposes, or one with that purpose.
    pub(super) may_serve: bool,
    /// Whether it may sign others: by its basic constraints; without these, by its key usage, or because it has version 1.
    pub(super) may_sign: bool,
}

/// The extensions that matter.
#[derive(Default)]
struct Extensions {
    is_authority: Option<bool>,
    signs_certificates: Option<bool>,
    may_serve: Option<bool>,
}

impl CertificateFields {
    /// The fields of a certificate in DER; `None` if the bytes are no certificate.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let mut all = Reader(Reader(certificate).of(SEQUENCE)?);
        let mut fields = Reader(all.of(SEQUENCE)?);
        let is_first_version = fields.0.first() != Some(&VERSION);
        if !is_first_version {
            fields.next()?;
        }
        let _serial = fields.next()?;
        let (_algorithm, _issuer) = (fields.of(SEQUENCE)?, fields.of(SEQUENCE)?);
        let mut validity = Reader(fields.of(SEQUENCE)?);
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let (_subject, _key) = (fields.of(SEQUENCE)?, fields.of(SEQUENCE)?);
        let found = Extensions::of(&mut fields)?;
        let may_sign = match (found.signs_certificates, found.is_authority) {
            (Some(false), _) => false,
            (_, Some(is_authority)) => is_authority,
            (usage, None) => is_first_version || usage == Some(true),
        };
        Some(Self { not_before, not_after, may_serve: found.may_serve.unwrap_or(true), may_sign })
    }
}

impl Extensions {
    fn of(fields: &mut Reader<'_>) -> Option<Self> {
        let mut found = Self::default();
        while !fields.0.is_empty() {
            let (EXTENSIONS, content) = fields.next()? else { continue };
            let mut list = Reader(Reader(content).of(SEQUENCE)?);
            while !list.0.is_empty() {
                found.add(Reader(list.of(SEQUENCE)?))?;
            }
        }
        Some(found)
    }

    fn add(&mut self, mut extension: Reader<'_>) -> Option<()> {
        let id = extension.of(OBJECT_ID)?;
        let mut next = extension.next()?;
        if next.0 != OCTETS {
            next = extension.next()?;
        }
        let mut value = Reader(next.1);
        match id {
            BASIC_CONSTRAINTS => {
                let mut parts = Reader(value.of(SEQUENCE)?);
                self.is_authority = Some(matches!(parts.next(), Some((0x01, [yes])) if *yes != 0));
            }
            KEY_USAGE => {
                let (_, bits) = value.next()?;
                self.signs_certificates = Some(bits.get(1).is_some_and(|bits| bits & 0x04 != 0));
            }
            EXTENDED_KEY_USAGE => {
                let mut purposes = Reader(value.of(SEQUENCE)?);
                let is_ours = |id: &[u8]| id == SERVER_AUTHENTICATION || id == ANY_PURPOSE;
                self.may_serve = Some(std::iter::from_fn(|| purposes.next()).any(|(_, id)| is_ours(id)));
            }
            _ => {}
        }
        Some(())
    }
}

/// Reads consecutive elements of DER.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The next element's tag and content.
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The next element's content, if it has this tag.
    fn of(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// The next element as a time in seconds since 1970 (RFC 5280, section 4.1.2.5); one before 1970 is 0.
    fn time(&mut self) -> Option<u64> {
        let (tag, text) = self.next()?;
        let text = std::str::from_utf8(text).ok()?;
        let text = match tag {
            UTC_TIME => format!("{}{text}", if text < "5" { "20" } else { "19" }),
            GENERALIZED_TIME => text.to_owned(),
            _ => return None,
        };
        let part = |range| text.get(range).filter(|_| text.len() == 15);
        let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
        let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..15)?);
        let is_early = year < "1970";
        // Any leap year: only its validity matters.
        let year = if is_early { "1972" } else { year };
        let time = format!("{year}-{month}-{day}T{hour}:{minute}:{second}");
        let time = humantime::parse_rfc3339(&time).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(if is_early { 0 } else { time.as_secs() })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};

    use super::*;

    fn fields(change: impl FnOnce(&mut CertificateParams)) -> CertificateFields {
        let mut parameters = CertificateParams::new(vec!["crashplan.example".to_owned()]).unwrap();
        (parameters.not_before, parameters.not_after) =
            (date_time_ymd(2000, 2, 29), date_time_ymd(2100, 3, 1));
        change(&mut parameters);
        CertificateFields::of(parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der()).unwrap()
    }

    #[test]
    fn f08_dates_in_both_of_their_forms_are_read() {
        let found = fields(|_| {});
        assert_eq!((found.not_before, found.not_after), (951_782_400, 4_107_542_400));
        let early = fields(|it| {
            (it.not_before, it.not_after) = (date_time_ymd(1969, 1, 1), date_time_ymd(1970, 1, 2))
        });
        assert_eq!((early.not_before, early.not_after), (0, 86_400));
    }

    #[test]
    fn a_list_of_purposes_without_servers_is_for_no_server() {
        use ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};

        let may_serve = |purposes: &[ExtendedKeyUsagePurpose]| {
            fields(|it| it.extended_key_usages = purposes.to_vec()).may_serve
        };
        assert!(may_serve(&[]) && may_serve(&[ClientAuth, ServerAuth]) && may_serve(&[Any]));
        assert!(!may_serve(&[ClientAuth]));
    }

    #[test]
    fn what_is_cut_anywhere_is_no_certificate() {
        let key = KeyPair::generate().unwrap();
        let whole = CertificateParams::new(vec!["a".to_owned()]).unwrap().self_signed(&key).unwrap();
        let whole = whole.der().as_ref();
        assert!((0..whole.len()).all(|length| CertificateFields::of(&whole[..length]).is_none()));
        assert!(CertificateFields::of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30]).is_none());
    }
}
