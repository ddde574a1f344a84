//! Owns the system's name lookup, with an error type of its own. `localhost` is never looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use super::transport::NameLookupFailed;
use crate::base::blocking;

/// The addresses of a host, each with port 0.
pub(super) async fn addresses(host: &str) -> Result<Vec<SocketAddr>, NameLookupFailed> {
    if host == "localhost" {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        return Ok(loopback.map(|address| SocketAddr::new(address, 0)).to_vec());
    }
    let (host, resource) = (host.to_owned(), host.to_owned());
    let found = blocking::on(&resource, move || (host.as_str(), 0).to_socket_addrs()).await.flatten();
    found.map(Iterator::collect).map_err(|_| NameLookupFailed)
}
