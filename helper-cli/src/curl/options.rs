//! Owns the table of curl's options, from its documentation: which take a value, and what each may do to a token
//! that goes with the request. Pure; an option that is not here is not taken.

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    /// None, and it can be taken back with `--no-`.
    Switch,
    /// None.
    Single,
    /// One, be it attached or the next word.
    Value,
}

/// What an option does, as far as that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing that touches the token.
    Plain,
    /// Its value becomes part of the request's head, so it is one line.
    Line,
    /// Its value is a URL.
    Url,
    /// The options so far hold for the URLs so far, and new ones begin.
    Next,
    /// Its value is a file of options.
    Config,
    /// The default config file is not read.
    Disable,
    /// curl prints something of itself and fetches nothing.
    Show,
    /// Its value is a header, or a file of headers.
    Header,
    /// Its value is the method.
    Method,
    /// Its value stands in the place of the URL's path.
    RequestTarget,
    /// The request's head is shown on standard error.
    Verbose,
    /// Redirects are followed.
    Follow,
    /// Another way to the host, which only TLS makes safe.
    Route,
    /// Where standard error goes.
    Stderr,
    /// The newest version of TLS.
    NewestTls,
    /// Ciphers that are allowed.
    Ciphers,
    /// Where the answer's body goes.
    Output,
    /// A folder for it.
    OutputFolder,
    /// Where the answer's head goes.
    Head,
    /// What cannot be taken back and done again.
    Once,
    /// Existing files may be overwritten, which is what its `--no-` form forbids.
    Clobber,
    /// `{}` and `[]` in a URL are no patterns.
    NoPatterns,
    /// Data, or `@` and a file of it.
    Data,
    /// Data with a name, or a name, `@` and a file.
    NamedData,
    /// A part of a form, which may be a file.
    Form,
    /// Cookies, or a file of them.
    Cookie,
    /// A file that is sent.
    Upload,
    /// It is not taken.
    Refused(Reason),
}

/// Why an option is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The token would go to other hosts.
    Elsewhere,
    /// The token would be written down.
    WrittenDown,
    /// What protects the token on its way would be switched off.
    Unprotected,
    /// It is another credential, or another way to prove one.
    OtherCredential,
    /// What it comes to is known only when curl has done it.
    Unforeseeable,
}

/// One of curl's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OptionSpec {
    /// Its long name, without dashes and without `no-`.
    pub(crate) name: &'static str,
    /// Whether it takes a value.
    pub(crate) arity: Arity,
    /// What it does.
    pub(crate) effect: Effect,
}

/// The option whose value is a URL; a word that is no option is one, too.
pub(crate) const URL: OptionSpec = OptionSpec { name: "url", arity: Arity::Value, effect: Effect::Url };

/// The option whose value is a header.
pub(crate) const HEADER: OptionSpec =
    OptionSpec { name: "header", arity: Arity::Value, effect: Effect::Header };

/// The option whose value is a file of roots.
pub(crate) const CA_BUNDLE: OptionSpec =
    OptionSpec { name: "cacert", arity: Arity::Value, effect: Effect::Plain };

/// The option of this long name, exactly: curl's older versions take a beginning for the whole, but which whole
/// depends on the version.
pub(crate) fn by_name(name: &[u8]) -> Option<OptionSpec> {
    all().map(|(known, _)| known).find(|known| known.name.as_bytes() == name)
}

/// The option of this letter.
pub(crate) fn by_letter(letter: u8) -> Option<OptionSpec> {
    all().find(|(_, short)| *short == Some(letter)).map(|(known, _)| known)
}

/// Every option with its letter.
pub(crate) fn all() -> impl Iterator<Item = (OptionSpec, Option<u8>)> {
    TABLE.iter().flat_map(|&(arity, effect, names)| {
        names.split_ascii_whitespace().map(move |word| match word.split_once('/') {
            Some((name, letter)) => (OptionSpec { name, arity, effect }, letter.bytes().next()),
            None => (OptionSpec { name: word, arity, effect }, None),
        })
    })
}

use Arity::{Single, Switch, Value};
use Effect::{
    Ciphers, Clobber, Config, Cookie, Data, Disable, Follow, Form, Head, Header, Line, Method, NamedData,
    NewestTls, Next, NoPatterns, Once, Output, OutputFolder, Plain, Refused, RequestTarget, Route, Show,
    Stderr, Upload, Url, Verbose,
};
use Reason::{Elsewhere, OtherCredential, Unforeseeable, Unprotected, WrittenDown};

/// `name/letter`, grouped by what they do.
const TABLE: &[(Arity, Effect, &str)] = &[
    (
        Switch,
        Plain,
        "alpn append/a buffer/N ca-native cert-status compressed compressed-ssh create-dirs crlf disable-eprt \
         disable-epsv disallow-username-in-url doh-cert-status doh-insecure eprt epsv fail/f fail-early \
         fail-with-body false-start form-escape ftp-create-dirs ftp-pret ftp-skip-pasv-ip ftp-ssl ftp-ssl-ccc \
         ftp-ssl-control ftp-ssl-reqd get/G haproxy-protocol head/I http0.9 ignore-content-length include/i \
         junk-session-cookies/j keepalive list-only/l mail-rcpt-allowfails mptcp npn parallel/Z \
         parallel-immediate path-as-is post301 post302 post303 progress-bar/# progress-meter proxy-anyauth \
         proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm \
         proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxytunnel/p raw remote-time/R remove-on-error \
         retry-all-errors retry-connrefused sasl-ir sessionid show-error/S show-headers silent/s socks5-basic \
         socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd \
         ssl-revoke-best-effort styled-output suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options \
         tls-earlydata tr-encoding trace-ids trace-time use-ascii/B xattr out-null",
    ),
    (
        Single,
        Plain,
        "ftp-pasv http1.0/0 http1.1 http2 http2-prior-knowledge http3 http3-only ipv4/4 ipv6/6 proxy-tlsv1 \
         tlsv1.2 tlsv1.3",
    ),
    (
        Value,
        Plain,
        "cacert capath cert/E cert-type connect-timeout cookie-jar/c create-file-mode crlfile curves delegation \
         ech egd-file engine etag-compare expect100-timeout ftp-account ftp-alternative-to-user ftp-method \
         ftp-port/P ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip hostpubmd5 hostpubsha256 hsts \
         interface ip-tos ipfs-gateway keepalive-cnt keepalive-time key key-type knownhosts krb krb4 limit-rate \
         local-port mail-auth mail-from mail-rcpt max-filesize max-redirs max-time/m noproxy parallel-max \
         parallel-max-host pass pinnedpubkey proto proto-default proto-redir proxy-cacert proxy-capath \
         proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass \
         proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword \
         proxy-tlsuser proxy-user/U pubkey quote/Q random-file rate retry retry-delay retry-max-time \
         sasl-authzid service-name sigalgs socks5-gssapi-service speed-limit/Y speed-time/y ssl-sessions \
         telnet-option/t tftp-blksize time-cond/z tlsauthtype tlspassword tlsuser upload-flags vlan-priority",
    ),
    (Value, Line, "range/r referer/e user-agent/A"),
    (Value, Url, "url"),
    (Single, Next, "next/:"),
    (Value, Config, "config/K"),
    (Switch, Disable, "disable/q"),
    (Switch, Show, "manual/M version/V"),
    (Value, Show, "help/h"),
    (Single, Show, "dump-ca-embed"),
    (Value, Header, "header/H"),
    (Value, Method, "request/X"),
    (Value, RequestTarget, "request-target"),
    (Switch, Verbose, "verbose/v"),
    (Value, Verbose, "trace-config"),
    (Switch, Follow, "location/L follow"),
    (
        Value,
        Route,
        "abstract-unix-socket alt-svc connect-to dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url \
         preproxy proxy/x proxy1.0 resolve socks4 socks4a socks5 socks5-hostname unix-socket",
    ),
    (Value, Stderr, "stderr"),
    (Value, NewestTls, "tls-max"),
    (Value, Ciphers, "ciphers tls13-ciphers"),
    (Value, Output, "output/o"),
    (Value, OutputFolder, "output-dir"),
    (Value, Head, "dump-header/D"),
    (Switch, Once, "remote-header-name/J remote-name/O remote-name-all skip-existing"),
    (Value, Once, "continue-at/C etag-save"),
    (Switch, Clobber, "clobber"),
    (Switch, NoPatterns, "globoff/g"),
    (Value, Data, "data/d data-ascii data-binary json write-out/w"),
    (Value, NamedData, "data-urlencode url-query"),
    (Value, Plain, "data-raw form-string"),
    (Value, Form, "form/F"),
    (Value, Cookie, "cookie/b"),
    (Value, Upload, "upload-file/T"),
    (Switch, Refused(Elsewhere), "location-trusted metalink"),
    (Value, Refused(WrittenDown), "libcurl trace trace-ascii"),
    (Switch, Refused(Unprotected), "insecure/k"),
    (Single, Refused(Unprotected), "sslv2/2 sslv3/3 tlsv1/1 tlsv1.0 tlsv1.1"),
    (Switch, Refused(OtherCredential), "basic digest negotiate netrc/n netrc-optional ntlm ntlm-wb"),
    (Single, Refused(OtherCredential), "anyauth"),
    (Value, Refused(OtherCredential), "aws-sigv4 login-options netrc-file oauth2-bearer user/u"),
    (Value, Refused(Unforeseeable), "variable"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_every_letter_stands_once() {
        let mut names: Vec<_> = all().map(|(known, _)| known.name).collect();
        let mut letters: Vec<_> = all().filter_map(|(_, letter)| letter).collect();
        let counts = (names.len(), letters.len());
        names.sort_unstable();
        names.dedup();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!((names.len(), letters.len()), counts);
        assert!(names.iter().all(|name| !name.starts_with("no-") && !name.starts_with("expand-")));
    }

    #[test]
    fn a_name_is_exact_and_a_letter_is_one_of_curls() {
        assert_eq!(by_name(b"request").map(|known| known.arity), Some(Value));
        assert_eq!(by_name(b"requ"), None);
        assert_eq!(by_name(b""), None);
        assert_eq!(by_letter(b'L').map(|known| known.name), Some("location"));
        assert_eq!(by_letter(b'W'), None);
    }

    #[test]
    fn what_would_let_the_token_out_is_refused() {
        for name in ["location-trusted", "insecure", "libcurl", "trace", "trace-ascii", "user", "variable"] {
            let effect = by_name(name.as_bytes()).map(|known| known.effect);
            assert!(matches!(effect, Some(Refused(_))), "{name}: {effect:?}");
        }
    }
}
