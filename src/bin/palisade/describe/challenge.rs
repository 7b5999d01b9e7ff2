//! What a challenge asks, in words.

use palisade::challenge::captcha::{CaptchaPolicy, OnUnavailable};
use palisade::challenge::{Binding, Challenges};
use palisade::time::Span;

/// As it reads: `a challenge is 50000 numbers to try, more with score and repetition, within 10m; ...`.
pub(crate) fn challenge(challenges: &Challenges) -> String {
    let bound = match challenges.binding {
        Binding::Subnet => "in one subnet".to_owned(),
        Binding::Asn => format!(
            "in one autonomous system, from {} subnets",
            challenges.subnets.get()
        ),
        Binding::Nowhere => format!("from {} subnets", challenges.subnets.get()),
    };
    let carried = match challenges.replay {
        Some(limits) => format!(
            "posted forms up to {} bytes and {} fields are kept",
            limits.bytes, limits.fields
        ),
        None => "posted forms have to be sent again".to_owned(),
    };
    let mut said = format!(
        "a challenge is {} numbers to try, more with score and repetition, within {}; solved, it holds {} for one \
         rule {bound}; {carried}",
        challenges.difficulty.get(),
        Span::new(challenges.lifetime),
        Span::new(challenges.clearance),
    );
    if let Some(path) = &challenges.endpoint {
        said.push_str("; GET ");
        said.push_str(path);
        said.push_str("?route=NAME gives one as JSON");
    }
    said
}

/// The captcha that challenges ask for.
pub(crate) fn captcha(policy: &CaptchaPolicy) -> String {
    let otherwise = match policy.on_unavailable {
        OnUnavailable::ProofOfWork => "clients do a proof of work",
        OnUnavailable::Deny => "clients are refused",
        OnUnavailable::Allow => "clients go on",
    };
    let page = match policy.captcha.widget() {
        Some(_) => "",
        None => "; without a site key the challenge page shows none",
    };
    format!(
        "captchas are verified by cluster {} within {}; while that cannot be done, {otherwise}{page}",
        policy.cluster,
        Span::new(policy.timeout)
    )
}
