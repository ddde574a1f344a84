//! Owns the generator of hosts that look like a profile's: prefixes, suffixes, ports, user parts, dots, escapes, other
//! letters, controls, other notations of addresses. It knows not which of them are right.

/// Hosts without end, the same ones for the same seed.
pub(crate) struct Source(u64);

const SCHEMES: [&str; 8] = ["https", "https", "https", "https", "HTTPS", "http", "ftp", "https "];

const PIECES: [&str; 44] = [
    "evil.net",
    ".evil.net",
    "-evil.net",
    "evil",
    "a",
    ".",
    "..",
    "@",
    "@evil.net",
    "evil@",
    "u:p@",
    ":",
    ":443",
    ":0443",
    ":8443",
    ":80",
    ":0",
    ":65536",
    ":+443",
    ":443x",
    "%2e",
    "%00",
    "%40evil.net",
    "%0a",
    "\\",
    "\\@evil.net",
    "/",
    "/../evil.net",
    "//evil.net",
    "?",
    "?@evil.net",
    "#",
    "#@evil.net",
    "\0",
    "\n",
    "\r",
    "\t",
    " ",
    "[",
    "]",
    ",evil.net",
    ";",
    "*",
    "_",
];

/// What looks like an ASCII letter, digit or sign, or vanishes.
const LOOKALIKES: [(char, &str); 14] = [
    ('a', "а"),
    ('e', "е"),
    ('o', "о"),
    ('p', "р"),
    ('i', "ı"),
    ('l', "1"),
    ('o', "0"),
    ('.', "。"),
    ('.', "．"),
    ('m', "ｍ"),
    ('x', "×"),
    ('1', "١"),
    ('-', "‐"),
    ('s', "ſ"),
];

const ADDRESSES: [&str; 14] = [
    "10.0.7",
    "10.7",
    "0x0a000007",
    "167772167",
    "012.0.0.7",
    "10.0.0.07",
    "10.0.0.7.",
    "10.0.0.263",
    "[::10.0.0.7]",
    "[::ffff:10.0.0.7]",
    "[fe80:0:0:0:0:0:0:1]:8443",
    "[fe80::0:1]:8443",
    "[fe80::1%25eth0]:8443",
    "fe80::1:8443",
];

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A scheme and a host, made from one of these by none to three changes.
    pub(crate) fn next(&mut self, models: &[(&str, &str, &str)]) -> (String, String) {
        let (scheme, host, _) = models[self.below(models.len())];
        let (mut scheme, mut host) = (scheme.to_owned(), host.to_owned());
        for _ in 0..self.below(4) {
            match self.below(14) {
                0 => scheme = SCHEMES[self.below(SCHEMES.len())].to_owned(),
                1 => host = ADDRESSES[self.below(ADDRESSES.len())].to_owned(),
                2 => host = self.in_other_letters(&host),
                _ => host = self.changed(&host),
            }
        }
        (scheme, host)
    }

    fn changed(&mut self, host: &str) -> String {
        let letters: Vec<char> = host.chars().collect();
        let place = self.below(letters.len() + 1);
        let (before, after): (String, String) =
            (letters[..place].iter().collect(), letters[place..].iter().collect());
        let piece = PIECES[self.below(PIECES.len())];
        match self.below(10) {
            0 => format!("{piece}{host}"),
            1 | 2 => format!("{host}{piece}"),
            3 => format!("{before}{piece}{after}"),
            4 => before,
            5 => after,
            6 => host.replacen('.', piece, 1),
            7 => format!("{host}{host}"),
            8 => format!("{before}{}", after.chars().skip(1).collect::<String>()),
            _ => format!("{}{piece}{host}", ["evil.net", "x"][self.below(2)]),
        }
    }

    fn in_other_letters(&mut self, host: &str) -> String {
        let (letter, other) = LOOKALIKES[self.below(LOOKALIKES.len())];
        match self.below(4) {
            0 => host.to_ascii_uppercase(),
            1 => host.replacen(letter, other, 1),
            2 => host.chars().map(|c| if self.below(2) == 0 { c.to_ascii_uppercase() } else { c }).collect(),
            _ => {
                let place = self.below(host.chars().count() + 1);
                let encoded = host.chars().enumerate().map(|(at, c)| {
                    if at == place { format!("%{:02x}", u32::from(c)) } else { c.to_string() }
                });
                encoded.collect()
            }
        }
    }

    /// A number below `end`, by Marsaglia's xorshift.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).expect("a small number")).expect("smaller")
    }
}
