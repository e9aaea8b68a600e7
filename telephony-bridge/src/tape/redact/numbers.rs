//! Telephone numbers and times, cut to what says nothing of a person.

/// Characters of an international number that stay: `+` and the country.
const KEPT: usize = 4;

/// The country of a number, and zeros.
pub(super) fn cut(number: &str) -> String {
    let zero = |(i, c): (usize, char)| if i < KEPT || !c.is_alphanumeric() { c } else { '0' };
    number.chars().enumerate().map(zero).collect()
}

/// The day of a moment, without its hour.
pub(super) fn day(moment: &str) -> Option<String> {
    let moment: jiff::Timestamp = moment.parse().ok()?;
    Some(format!("{}T00:00:00Z", moment.strftime("%Y-%m-%d")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_country_and_a_moment_its_day() {
        assert_eq!(cut("+972502345678"), "+972000000000");
        assert_eq!(cut(""), "");
        assert_eq!(day("2026-11-22T10:00:00+02:00").as_deref(), Some("2026-11-22T00:00:00Z"));
        assert_eq!(day("Sunday"), None);
    }
}
