//! Cookies in several fields, as HTTP/2 and HTTP/3 send them: Envoy joins them with `; `.

use crate::protocols::scene::{Scene, Wire, visit};
use crate::support::HOME;

/// The status of a visit whose cookies come in these crumbs.
async fn status(wire: &Wire, crumbs: &[String]) -> u16 {
    let visit = visit("/account", HOME);
    let add = |visit: crate::support::Request, crumb: &String| visit.header("cookie", crumb);
    wire.request(&crumbs.iter().fold(visit, add)).await.status
}

#[tokio::test]
async fn a_revoked_session_is_found_in_whichever_crumb() {
    let scene = Scene::start().await;
    for (protocol, wire) in scene.wires().await {
        let session = format!("stolen-{}", &protocol[5..]);
        scene.revoke(&wire, &session).await;
        let sid = format!("sid={session}");
        for crumbs in [
            vec![sid.as_str()],
            vec!["theme=dark", &sid],
            vec![&sid, "theme=dark"],
            vec!["a=1", "b=2; c=3", &format!("d=4; {sid}; e=5"), "f=6"],
            // An application may take a comma for a separator, a quote for a part of the value, or a blank for nothing.
            vec!["theme=dark", &format!(",{sid}")],
            vec![&format!("theme=dark,{sid}")],
            vec!["a=\"b", &format!("{sid}\"")],
            vec!["a=\"b\"", &format!(" {sid}")],
            vec!["", &sid, ""],
            vec![&format!("sid=\"{session}\"")],
        ] {
            let crumbs: Vec<String> = crumbs.into_iter().map(str::to_owned).collect();
            let status = status(&wire, &crumbs).await;
            assert!(
                [400, 403].contains(&status),
                "{protocol} {status} {crumbs:?}"
            );
        }
        // An application may take the first of two, or the last: only the one that is not revoked reaches it.
        for crumbs in [["sid=another", &sid], [&sid, "sid=another"]] {
            let crumbs = crumbs.map(str::to_owned);
            assert_eq!(status(&wire, &crumbs).await, 200, "{protocol} {crumbs:?}");
            let seen = scene.application.last().header("cookie");
            assert_eq!(
                seen.as_deref(),
                Some("sid=another"),
                "{protocol} {crumbs:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_session_is_not_split_over_crumbs() {
    let scene = Scene::start().await;
    for (protocol, wire) in scene.wires().await {
        let session = format!("half-{}", &protocol[5..]);
        scene.revoke(&wire, &session).await;
        // What is joined is `sid=ha; lf-2`, which is another session to everybody.
        let (left, right) = session.split_at(2);
        for crumbs in [
            vec![format!("sid={left}"), right.to_owned()],
            vec!["si".to_owned(), format!("d={session}")],
        ] {
            assert_eq!(status(&wire, &crumbs).await, 200, "{protocol} {crumbs:?}");
            let joined = crumbs.join("; ");
            let seen = scene.application.last().header("cookie");
            assert_eq!(seen.as_deref(), Some(joined.as_str()), "{protocol}");
        }
    }
}

#[tokio::test]
async fn cookies_of_others_in_many_crumbs_pass() {
    let scene = Scene::start().await;
    for (protocol, wire) in scene.wires().await {
        scene
            .revoke(&wire, &format!("stolen-{}", &protocol[5..]))
            .await;
        let crumbs: Vec<String> = (0..40)
            .map(|number| format!("_ga_{number}=GS1.1.{number},\"x\":\"a b\""))
            .chain(["sid=mine".to_owned()])
            .collect();
        assert_eq!(status(&wire, &crumbs).await, 200, "{protocol}");
    }
}
