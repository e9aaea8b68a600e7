//! Phone numbers as Twilio takes them.

/// Is it E.164: `+`, a country code, 8 to 15 digits in all?
pub fn is_e164(number: &str) -> bool {
    let Some(digits) = number.strip_prefix('+') else { return false };
    (8..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_plus_and_digits() {
        for good in ["+972501234567", "+97233763805", "+14155552671", "+29012345"] {
            assert!(is_e164(good), "{good}");
        }
        for bad in ["", "+", "0501234567", "972501234567", "+0501234567", "+1234567", "+1234567890123456"] {
            assert!(!is_e164(bad), "{bad}");
        }
        for bad in ["+97250 1234567", "+972-50-1234567", "+٩٧٢٥٠١٢٣٤٥٦٧", "+972501234567;ext=1"] {
            assert!(!is_e164(bad), "{bad}");
        }
    }
}
