//! What logs may say about people.

/// A phone number by its last four characters, such as `…5678`; short ones are hidden whole.
pub(crate) fn number(number: &str) -> String {
    let length = number.chars().count();
    if length < 7 {
        return "…".to_owned();
    }
    let tail: String = number.chars().skip(length - 4).collect();
    format!("…{tail}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_number_keeps_its_last_four_digits_only() {
        assert_eq!(super::number("+972502345678"), "…5678");
        assert_eq!(super::number("1201"), "…");
    }
}
