//! Owns the authentication schemes in a server's `WWW-Authenticate` fields (RFC 9110, section 11.6.1).

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// Nothing is known.
    Unknown,
    BasicAlone,
    BasicToo,
    /// Other schemes than Basic.
    Others,
}

impl Offer {
    /// What all these fields offer together.
    pub(super) fn of(fields: &[&[u8]]) -> Self {
        let schemes: Vec<_> = fields.iter().flat_map(|field| schemes(field)).collect();
        let basic = schemes.iter().filter(|scheme| scheme.eq_ignore_ascii_case(b"basic")).count();
        match (basic, schemes.len() - basic) {
            (0, 0) => Self::Unknown,
            (0, _) => Self::Others,
            (_, 0) => Self::BasicAlone,
            (_, _) => Self::BasicToo,
        }
    }

    /// Whether a user name and password may be of use.
    pub(super) fn takes_basic(self) -> bool {
        self != Self::Others
    }
}

/// The schemes of one field. An element that is a name, an equals sign and a value is a parameter, any other a scheme.
fn schemes(field: &[u8]) -> Vec<&[u8]> {
    elements(field).into_iter().filter_map(scheme).collect()
}

fn elements(field: &[u8]) -> Vec<&[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = field.split(|&byte| {
        if is_quoted {
            is_quoted = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            return false;
        }
        is_quoted = byte == b'"';
        byte == b','
    });
    parts.map(<[u8]>::trim_ascii).collect()
}

fn scheme(element: &[u8]) -> Option<&[u8]> {
    let length = element.iter().position(|&byte| !is_token_character(byte)).unwrap_or(element.len());
    let (name, rest) = element.split_at(length);
    let is_parameter = rest.trim_ascii_start().starts_with(b"=");
    let is_word = rest.is_empty() || rest.starts_with(b" ") || rest.starts_with(b"\t");
    (!name.is_empty() && is_word && !is_parameter).then_some(name)
}

/// A `tchar` of RFC 9110, section 5.6.2.
fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offer(fields: &[&str]) -> Offer {
        Offer::of(&fields.iter().map(|field| field.as_bytes()).collect::<Vec<_>>())
    }

    #[test]
    fn basic_alone_is_told_from_basic_among_others() {
        for fields in [
            &["Basic realm=\"x\""][..],
            &["basic"],
            &["BASIC realm=x, charset=\"UTF-8\""],
            &["Basic realm=\"a, Bearer b\""],
            &["Basic realm=\"a\\\", Bearer b\""],
            &["Basic realm = \"x\" , charset = utf-8"],
            &["Basic realm=\"never ended, Bearer"],
            &[" ,, Basic realm=x ,"],
            &["Basic realm=x", "Basic realm=y"],
            &["Basic QQ=="],
        ] {
            assert_eq!(offer(fields), Offer::BasicAlone, "{fields:?}");
        }
        for fields in [
            &["Basic realm=\"x\"", "Bearer realm=\"x\""][..],
            &["Basic realm=\"x\", Bearer"],
            &["Negotiate abc==, Basic realm=x"],
            &["Bearer scope=\"a b\", error=\"c\",basic"],
            &["Digest realm=\"a\\\\\", Basic"],
        ] {
            assert_eq!(offer(fields), Offer::BasicToo, "{fields:?}");
        }
        for fields in
            [&["Bearer"][..], &["bearer realm=\"Basic\""], &["Negotiate", "NTLM"], &["Basically x=y"]]
        {
            assert_eq!(offer(fields), Offer::Others, "{fields:?}");
        }
        for fields in [&[][..], &[""], &["=x"], &["realm=\"x\""], &["\"Basic\""], &["é"], &[", ,"]] {
            assert_eq!(offer(fields), Offer::Unknown, "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn no_field_makes_the_reading_fall_over(field in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Offer::of(&[&field]);
        }

        #[test]
        fn whatever_a_realm_says_is_no_scheme(realm in "[ -~&&[^\"\\\\]]{0,30}") {
            prop_assert_eq!(offer(&[&format!("Basic realm=\"{realm}\"")]), Offer::BasicAlone);
            prop_assert_eq!(offer(&[&format!("Bearer realm=\"{realm}\"")]), Offer::Others);
        }
    }
}
