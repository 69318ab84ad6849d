//! Which node gets the next attempt: round robin over those that answer. A node that failed rests, longer each time;
//! when all of them rest, the one that rests least is tried, so a client never refuses by itself.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use url::{Host, Url};

/// The servers of one client.
pub(crate) struct Nodes {
    nodes: Vec<Node>,
    next: AtomicUsize,
    start: Instant,
}

/// One server.
pub(crate) struct Node {
    /// Scheme, authority and path prefix, without a slash at the end.
    pub(crate) base: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether what is sent can't be read on the way: TLS, or it never leaves the machine.
    pub(crate) protected: bool,
    failures: AtomicU32,
    /// When it may be tried again, in milliseconds since the start.
    rests_until: AtomicU64,
}

const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);

impl Nodes {
    /// Nodes of URLs that [`crate::config`] has checked. There is at least one.
    pub(crate) fn new(urls: &[Url]) -> Self {
        let nodes = urls.iter().map(|url| Node {
            base: url.as_str().trim_end_matches('/').to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
            protected: url.scheme() == "https" || is_loopback(url),
            failures: AtomicU32::new(0),
            rests_until: AtomicU64::new(0),
        });
        // Clients that start together should not all begin with the first node.
        let first = fastrand::usize(..urls.len().max(1));
        Self { nodes: nodes.collect(), next: AtomicUsize::new(first), start: Instant::now() }
    }

    /// The node for the next attempt.
    pub(crate) fn pick(&self) -> &Node {
        let now = self.now();
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let in_turn = (0..self.nodes.len()).map(|step| &self.nodes[first.wrapping_add(step) % self.nodes.len()]);
        let rest = |node: &&Node| node.rests_until.load(Ordering::Relaxed);
        in_turn.clone().find(|node| rest(node) <= now).or_else(|| in_turn.min_by_key(rest)).unwrap_or(&self.nodes[0])
    }

    /// Whether another node than `node` is ready, so that a retry need not wait.
    pub(crate) fn has_other_than(&self, node: &Node) -> bool {
        let now = self.now();
        self.nodes.iter().any(|other| !std::ptr::eq(other, node) && other.rests_until.load(Ordering::Relaxed) <= now)
    }

    /// Notes that the node answered.
    pub(crate) fn answered(&self, node: &Node) {
        if node.failures.swap(0, Ordering::Relaxed) > 0 {
            node.rests_until.store(0, Ordering::Relaxed);
        }
    }

    /// Notes that the node did not answer, or that what stands before it did.
    pub(crate) fn failed(&self, node: &Node) {
        if self.nodes.len() > 1 {
            let failures = node.failures.fetch_add(1, Ordering::Relaxed).min(16);
            let rest = (FIRST_REST * 2_u32.pow(failures)).min(LONGEST_REST);
            node.rests_until.store(self.now() + millis(rest), Ordering::Relaxed);
        }
    }

    /// The first node, whose address names the service in spans.
    pub(crate) fn first(&self) -> &Node {
        &self.nodes[0]
    }

    fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(names: &[&str]) -> Nodes {
        let urls: Vec<_> = names.iter().map(|name| Url::parse(&format!("http://{name}:9200/x/")).unwrap()).collect();
        let nodes = Nodes::new(&urls);
        nodes.next.store(0, Ordering::Relaxed);
        nodes
    }

    fn picks(nodes: &Nodes, count: usize) -> String {
        (0..count).map(|_| nodes.pick().host.clone()).collect()
    }

    #[test]
    fn round_robin_skips_the_resting() {
        let nodes = nodes(&["a", "b", "c"]);
        assert_eq!(picks(&nodes, 6), "abcabc");
        assert_eq!(nodes.first().base, "http://a:9200/x");
        nodes.failed(&nodes.nodes[1]);
        assert!(!picks(&nodes, 9).contains('b'));
        nodes.answered(&nodes.nodes[1]);
        assert!(picks(&nodes, 3).contains('b'));
    }

    #[test]
    fn when_all_rest_the_least_tired_is_tried() {
        let nodes = nodes(&["a", "b"]);
        for _ in 0..3 {
            nodes.failed(&nodes.nodes[0]);
        }
        nodes.failed(&nodes.nodes[1]);
        assert_eq!(picks(&nodes, 3), "bbb");
        assert!(!nodes.has_other_than(&nodes.nodes[1]));
    }

    #[test]
    fn a_single_node_never_rests() {
        let nodes = nodes(&["a"]);
        nodes.failed(&nodes.nodes[0]);
        assert_eq!(nodes.nodes[0].rests_until.load(Ordering::Relaxed), 0);
        assert_eq!(picks(&nodes, 2), "aa");
    }
}
