//! Owns which hosts are reached without the proxy, as `NO_PROXY` lists them. Pure: no name is resolved. The matcher of
//! hyper-util takes any text for an entry, and no port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::profile::request_url::RequestUrl;

/// One entry: `*`, a host with its subdomains, an address, or a network such as `10.0.0.0/8`; perhaps with a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bypass {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    /// The domain and everything below it.
    Domain(String),
    /// The addresses whose first bits are these.
    Network(IpAddr, u32),
}

/// Whether an entry of `list` covers the host of `url`. An invalid entry covers nothing.
pub fn covers(list: &[String], url: &RequestUrl) -> bool {
    let Ok(url) = Url::parse(url.as_str()) else { return false };
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else { return false };
    list.iter().filter_map(|entry| Bypass::parse(entry)).any(|entry| entry.covers(&host, port))
}

impl Bypass {
    /// The entry that the text is, if it is valid. A dot or `*.` before a domain changes nothing, as with curl.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { hosts: Hosts::All, port: None });
        }
        if let Some((address, bits)) = text.split_once('/') {
            return Some(Self { hosts: network(address.parse().ok()?, Some(bits))?, port: None });
        }
        if let Ok(address) = text.parse() {
            return Some(Self { hosts: network(address, None)?, port: None });
        }
        let (host, port) = split_port(text)?;
        let hosts = match host.parse() {
            Ok(address) => network(address, None)?,
            Err(_) => domain(host)?,
        };
        Some(Self { hosts, port })
    }

    fn covers(&self, host: &Host<&str>, port: u16) -> bool {
        let is_covered = match (&self.hosts, host) {
            (Hosts::All, _) => true,
            (Hosts::Domain(domain), Host::Domain(name)) => {
                name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Hosts::Network(IpAddr::V4(network), bits), Host::Ipv4(address)) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros() >= *bits
            }
            (Hosts::Network(IpAddr::V6(network), bits), Host::Ipv6(address)) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros() >= *bits
            }
            (Hosts::Domain(_) | Hosts::Network(..), _) => false,
        };
        is_covered && self.port.is_none_or(|only| only == port)
    }
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    match port {
        "" => Some((host, None)),
        port => Some((host, Some(port.strip_prefix(':')?.parse().ok()?))),
    }
}

fn domain(text: &str) -> Option<Hosts> {
    let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_inner);
    (name.len() <= 253 && name.split('.').all(is_label)).then(|| Hosts::Domain(name.to_ascii_lowercase()))
}

fn network(address: IpAddr, bits: Option<&str>) -> Option<Hosts> {
    let most = if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS };
    let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
    (bits <= most).then_some(Hosts::Network(address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_direct(entry: &str, url: &str) -> bool {
        assert!(Bypass::parse(entry).is_some(), "{entry}");
        covers(&[entry.to_owned()], &RequestUrl::parse(url, true).unwrap())
    }

    #[test]
    fn hosts_domains_networks_and_everything_are_asked_directly() {
        for (entry, url) in [
            ("*", "https://console.us2.crashplan.com"),
            ("crashplan.com", "https://crashplan.com"),
            ("crashplan.com", "https://console.us2.crashplan.com"),
            (".crashplan.com", "https://console.us2.crashplan.com"),
            (".crashplan.com", "https://crashplan.com"),
            ("*.CrashPlan.com", "https://console.us2.crashplan.com"),
            ("localhost", "https://localhost:8443"),
            ("localhost:8443", "https://localhost:8443"),
            ("crashplan.com:443", "https://console.us2.crashplan.com"),
            ("127.0.0.1", "https://127.0.0.1:8443"),
            ("127.0.0.1:8443", "https://127.0.0.1:8443"),
            ("10.0.0.0/8", "https://10.200.3.4"),
            ("10.1.2.3/8", "https://10.200.3.4"),
            ("0.0.0.0/0", "https://10.200.3.4"),
            ("::1", "https://[::1]:8443"),
            ("[::1]", "https://[::1]"),
            ("[::1]:8443", "https://[::1]:8443"),
            ("fd00::/8", "https://[fd12::1]"),
            ("::/0", "https://[fd12::1]"),
        ] {
            assert!(is_direct(entry, url), "{entry} {url}");
        }
    }

    #[test]
    fn whatever_is_not_covered_goes_through_the_proxy() {
        for (entry, url) in [
            ("crashplan.com", "https://notcrashplan.com"),
            ("crashplan.com", "https://crashplan.com.example"),
            ("console.us2.crashplan.com", "https://crashplan.com"),
            ("localhost", "https://127.0.0.1"),
            ("localhost:1", "https://localhost:8443"),
            ("crashplan.com:8443", "https://crashplan.com"),
            ("127.0.0.1", "https://127.0.0.2"),
            ("127.0.0.1", "https://localhost"),
            ("10.0.0.0/8", "https://11.0.0.1"),
            ("10.0.0.0/8", "https://10.example"),
            ("0.0.0.0/0", "https://[::1]"),
            ("::/0", "https://10.0.0.1"),
            ("fd00::/8", "https://[fe12::1]"),
        ] {
            assert!(!is_direct(entry, url), "{entry} {url}");
        }
    }

    #[test]
    fn what_is_no_entry_is_reported_and_covers_nothing() {
        let url = RequestUrl::parse("https://10.0.0.1", false).unwrap();
        for entry in [
            "",
            ".",
            "*.",
            "a..b",
            "10.0.0.0/33",
            "fd00::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "x/8",
            "[::1",
            "[::1]x",
            "a:",
            "a:65536",
            "a:b",
            "http://a",
            "a b",
            "**",
            "*a",
            "10.*",
        ] {
            assert_eq!(Bypass::parse(entry), None, "{entry}");
            assert!(!covers(&[entry.to_owned()], &url));
        }
    }
}
