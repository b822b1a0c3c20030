//! Numbers for Prometheus: what was asked, how it was answered, how long it took. No label names a tenant or a person.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::observe::Area;

/// The upper ends of the classes of durations, in seconds.
const SECONDS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// What requests are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Counted {
    area: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfArea {
    area: &'static str,
}

/// The numbers of one server process.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Counted, Counter>,
    faults: Counter,
    durations: Family<OfArea, Histogram>,
    under_way: Gauge,
    ready: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("pal");
        let requests = Family::<Counted, Counter>::default();
        let durations = Family::<OfArea, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let (faults, under_way, ready): (Counter<u64, AtomicU64>, Gauge, Gauge) = Default::default();
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", version);
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_faults", "Answers 500 and 503 that the log has the cause of", faults.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from a request to its answer",
            durations.clone(),
        );
        registry.register("http_requests_under_way", "Requests not yet answered", under_way.clone());
        registry.register("ready", "1 while the registry and the issuers' keys can be read", ready.clone());
        Metrics { registry, requests, faults, durations, under_way, ready }
    }

    /// Counts a request as under way for as long as the value lives.
    pub(crate) fn under_way(&self) -> UnderWay {
        self.under_way.inc();
        UnderWay(self.under_way.clone())
    }

    /// Counts an exchange: its method and status, how long it took, whether it failed for a reason of ours.
    pub(crate) fn count(&self, area: Area, (asked, status): (&Method, u16), took: Duration, faulted: bool) {
        let area = area.as_str();
        self.requests.get_or_create(&Counted { area, method: method(asked), status }).inc();
        self.durations.get_or_create(&OfArea { area }).observe(took.as_secs_f64());
        if faulted {
            self.faults.inc();
        }
    }

    /// All numbers, as scrapers read them.
    pub(crate) fn text(&self, ready: bool) -> String {
        self.ready.set(i64::from(ready));
        let mut text = String::new();
        // Writing to a `String` does not fail; what was written until then is the answer.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A request that is not yet answered, also when its client goes away.
pub(crate) struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// One of a few words, so that nobody can make numbers without end.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
