//! Says hello to a URL: `clients rustls|native-tls URL`.

use ureq::tls::{TlsConfig, TlsProvider};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let provider = match arguments.next().as_deref() {
        Some("native-tls") => TlsProvider::NativeTls,
        _ => TlsProvider::Rustls,
    };
    let tls = TlsConfig::builder().provider(provider).build();
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().tls_config(tls).build());
    // The certificate is not trusted: the hello is all that is wanted.
    let _ = agent.get(arguments.next().unwrap_or_default()).call();
}
