//! Who is calling, by network address. What a proxy says is believed only if the proxy is one of ours.

use crate::config::limits::LimitSettings;
use crate::web::state::SharedState;
use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{Extensions, HeaderMap};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest chain of proxies that is followed.
const LONGEST_CHAIN: usize = 16;

/// The address a request comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientAddress {
    address: IpAddr,
    /// Whether a proxy that is not one of ours handed the request on.
    relayed: bool,
}

impl ClientAddress {
    /// Reads the address of a request: the peer's, or what our own proxies say in front of it.
    pub fn of(extensions: &Extensions, headers: &HeaderMap, limits: &LimitSettings) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        // Without a known peer the caller is a stranger.
        let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
        if !limits.trusts(peer) {
            return Self { address: peer, relayed: forwarded };
        }
        Self { address: behind_proxies(peer, headers, limits), relayed: false }
    }

    /// Whether the caller sits on this machine, with no proxy in between that could hide somebody else.
    pub fn is_local(&self) -> bool {
        self.address.is_loopback() && !self.relayed
    }

    /// The address itself.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// What shares places for event streams.
    pub fn block(&self) -> AddressBlock {
        match self.address {
            IpAddr::V4(address) => AddressBlock::Address(address),
            IpAddr::V6(address) => {
                AddressBlock::Network(u64::try_from(address.to_bits() >> 64).unwrap_or(u64::MAX))
            }
        }
    }
}

/// What shares places: one IPv4 address, or the /64 that one IPv6 customer has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AddressBlock {
    /// One IPv4 address.
    Address(Ipv4Addr),
    /// The upper half of IPv6 addresses.
    Network(u64),
}

/// The last address of the chain that is not a proxy of ours: whatever stands before it anybody may have written.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, limits: &LimitSettings) -> IpAddr {
    let mut address = peer;
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let hops = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','));
    for hop in hops.take(LONGEST_CHAIN) {
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        address = hop.to_canonical();
        if !limits.trusts(address) {
            break;
        }
    }
    address
}

impl FromRequestParts<SharedState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &SharedState) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions, &parts.headers, &state.parts.limits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::network::Network;

    fn limits(proxies: &[&str]) -> LimitSettings {
        let mut table: toml::Table =
            toml::from_str(include_str!("../../config/default/limits.toml")).unwrap();
        let limits: LimitSettings = table.remove("limits").unwrap().try_into().unwrap();
        let trusted_proxies =
            proxies.iter().map(|proxy| Network::try_from((*proxy).to_owned()).unwrap()).collect();
        LimitSettings { trusted_proxies, ..limits }
    }

    fn address(peer: &str, forwarded: &[&str], proxies: &[&str]) -> ClientAddress {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        ClientAddress::of(&extensions, &headers, &limits(proxies))
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        for (peer, forwarded, proxies, expected) in [
            ("203.0.113.5", &[][..], &[][..], "203.0.113.5"),
            ("203.0.113.5", &["198.51.100.1"], &[], "203.0.113.5"),
            ("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1, 198.51.100.1"], &["127.0.0.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, 10.0.0.7"], &["127.0.0.1", "10.0.0.0/8"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", "10.0.0.7"], &["127.0.0.1", "10.0.0.0/8"], "198.51.100.1"),
            ("127.0.0.1", &["rubbish"], &["127.0.0.1"], "127.0.0.1"),
            ("::ffff:203.0.113.5", &[], &[], "203.0.113.5"),
        ] {
            let expected: IpAddr = expected.parse().unwrap();
            assert_eq!(
                address(peer, forwarded, proxies).address,
                expected,
                "{peer} {forwarded:?} {proxies:?}"
            );
        }
    }

    #[test]
    fn a_relayed_request_is_not_local() {
        assert!(address("127.0.0.1", &[], &[]).is_local());
        assert!(!address("127.0.0.1", &["127.0.0.1"], &[]).is_local());
        assert!(!address("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]).is_local());
        assert!(!ClientAddress::of(&Extensions::new(), &HeaderMap::new(), &limits(&[])).is_local());
    }

    #[test]
    fn one_ipv6_customer_is_one_block() {
        let block = |peer| address(peer, &[], &[]).block();
        assert_eq!(block("2001:db8:1:2::1"), block("2001:db8:1:2:ffff::9"));
        assert_ne!(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
        assert_ne!(block("192.0.2.1"), block("192.0.2.2"));
    }
}
