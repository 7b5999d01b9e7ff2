//! Somebody honest, in a real browser.

use serde_json::json;

use crate::browser::chromium::Chromium;
use crate::site::Site;

/// A person in a browser with cookies of its own, at one address.
pub(crate) struct Person<'a> {
    browser: &'a mut Chromium,
    site: &'a Site,
}

impl<'a> Person<'a> {
    /// One in a browser that has never been anywhere.
    pub(crate) fn new(browser: &'a mut Chromium, site: &'a Site, address: &str) -> Self {
        let mut person = Self { browser, site };
        person.forget_cookies();
        person.moves_to(address);
        person
    }

    /// The one who was here last, with all that her browser has kept.
    pub(crate) const fn again(browser: &'a mut Chromium, site: &'a Site) -> Self {
        Self { browser, site }
    }

    /// Comes from another address from now on.
    pub(crate) fn moves_to(&mut self, address: &str) {
        let headers = json!({ "headers": { "x-forwarded-for": address } });
        self.browser.call("Network.setExtraHTTPHeaders", headers);
    }

    /// As in another browser: nothing is remembered, neither by us nor by the application.
    pub(crate) fn forget_cookies(&mut self) {
        self.browser.call("Network.clearBrowserCookies", json!({}));
        self.browser.open("about:blank");
    }

    /// Ends the application's session as the next day does: of all cookies only ours are left.
    pub(crate) fn forget_all_but_ours(&mut self) {
        for cookie in self.cookies() {
            let name = cookie["name"].as_str().expect("a name");
            if !name.contains("palisade") {
                let which =
                    json!({ "name": name, "domain": cookie["domain"], "path": cookie["path"] });
                self.browser.call("Network.deleteCookies", which);
            }
        }
    }

    /// Loses the cookies of this name.
    pub(crate) fn forget_cookie(&mut self, name: &str) {
        for cookie in self.cookies() {
            if cookie["name"] == name {
                let which =
                    json!({ "name": name, "domain": cookie["domain"], "path": cookie["path"] });
                self.browser.call("Network.deleteCookies", which);
            }
        }
    }

    /// Whether there is a cookie whose name contains this.
    pub(crate) fn has_cookie(&mut self, words: &str) -> bool {
        let names = self.cookies().into_iter();
        names
            .map(|cookie| cookie["name"].to_string())
            .any(|name| name.contains(words))
    }

    /// All cookies of the browser, whatever their path.
    fn cookies(&mut self) -> Vec<serde_json::Value> {
        let cookies = self.browser.call("Storage.getCookies", json!({}));
        cookies["cookies"].as_array().expect("cookies").clone()
    }

    /// Opens a page of the site (or a link from a mail) and waits until it is there.
    pub(crate) fn open(&mut self, path: &str) {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            self.site.url(path)
        };
        self.browser.value("window.isOld = true");
        // A page that is just leaving by itself may get in the way, once.
        let leave = json!({ "url": url });
        let answer = self.browser.call("Page.navigate", leave);
        if !answer["errorText"].is_null() {
            self.browser.open(&url);
        }
        self.arrives();
    }

    /// Writes into a field, as far as the page's scripts can tell.
    pub(crate) fn fill(&mut self, selector: &str, value: &str) {
        self.waits_for(&format!("document.querySelector({})", json!(selector)));
        self.browser.value(&format!(
            "(() => {{ const field = document.querySelector({}); field.focus(); \
             const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set; \
             set.call(field, {}); \
             for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {{ bubbles: true }})); }})()",
            json!(selector),
            json!(value)
        ));
    }

    /// Clicks, and waits for the page to which that leads.
    pub(crate) fn submit(&mut self, selector: &str) {
        self.waits_for(&format!("document.querySelector({})", json!(selector)));
        self.browser.value("window.isOld = true");
        self.click(selector);
        self.arrives();
    }

    /// Clicks, where no other page follows.
    pub(crate) fn click(&mut self, selector: &str) {
        self.waits_for(&format!("document.querySelector({})", json!(selector)));
        self.browser.value(&format!(
            "document.querySelector({}).click()",
            json!(selector)
        ));
    }

    /// Waits until an expression of JavaScript is true in the page.
    pub(crate) fn waits_for(&mut self, expression: &str) {
        self.browser.wait_for(expression);
    }

    /// Whether the page has something.
    pub(crate) fn sees(&mut self, selector: &str) -> bool {
        let found = format!("!!document.querySelector({})", json!(selector));
        self.browser.value(&found) == true
    }

    /// The status of the page.
    pub(crate) fn status(&mut self) -> u64 {
        let status = "performance.getEntriesByType('navigation')[0].responseStatus";
        self.browser.value(status).as_u64().unwrap_or_default()
    }

    /// Where the page is, without the site.
    pub(crate) fn path(&mut self) -> String {
        let path = self.browser.value("location.pathname + location.search");
        path.as_str().unwrap_or_default().to_owned()
    }

    /// What the page says, as a person reads it.
    pub(crate) fn reads(&mut self) -> String {
        let text = self.browser.value("document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The value of an expression in the page, as text.
    pub(crate) fn value(&mut self, expression: &str) -> serde_json::Value {
        self.browser.value(expression)
    }

    /// What she sees, for a picture in `target/screenshots/`.
    pub(crate) fn screenshot(&mut self, name: &str) {
        self.browser.screenshot(name);
    }

    /// The site that she is at.
    pub(crate) const fn site(&self) -> &Site {
        self.site
    }

    fn arrives(&mut self) {
        self.browser
            .wait_for("window.isOld === undefined && document.readyState === 'complete'");
    }
}
