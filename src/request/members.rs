//! Values under names, as logs and the application get them.

/// Where members are written, each under its name.
pub(super) trait Members {
    /// A number.
    fn integer(&mut self, name: &str, value: u64);
    /// A word of lower-case letters, digits and `_`.
    fn token(&mut self, name: &str, value: &str);
    /// A text.
    fn text(&mut self, name: &str, value: &str);
    /// Texts; nothing where there is none.
    fn list(&mut self, name: &str, values: &[&str]);
}
