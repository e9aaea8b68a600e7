//! A service account's key file, and the assertions it signs.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::json;

/// What a token is good for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// An assertion is good for so long, in s. Google accepts no more.
const LIFETIME: u64 = 3_600;

/// A key file that cannot be used. Neither variant shows the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no key of a service account.
    #[error("{path}: {what}")]
    Content {
        /// Which file.
        path: String,
        /// What is wrong.
        what: String,
    },
}

#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: String,
    #[serde(default)]
    project_id: String,
    #[serde(default = "token_uri")]
    token_uri: String,
}

fn token_uri() -> String {
    "https://oauth2.googleapis.com/token".to_owned()
}

/// A service account that can sign.
pub struct ServiceAccount {
    email: String,
    key_id: String,
    project: String,
    token_uri: String,
    key: RsaKeyPair,
}

impl std::fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAccount").field("email", &self.email).finish_non_exhaustive()
    }
}

impl ServiceAccount {
    /// Reads a key file as the Google Cloud console writes it (`GOOGLE_APPLICATION_CREDENTIALS`).
    ///
    /// # Errors
    /// [`KeyError`], naming the file and the field.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let json =
            std::fs::read_to_string(path).map_err(|source| KeyError::File { path: shown.clone(), source })?;
        Self::parse(&json).map_err(|what| KeyError::Content { path: shown, what })
    }

    /// The same from the file's text; the error says what is wrong with it.
    ///
    /// # Errors
    /// A sentence without the key.
    pub fn parse(json: &str) -> Result<Self, String> {
        // serde's message may quote a value: only its place is shown.
        let file: KeyFile = serde_json::from_str(json).map_err(|error| {
            let what = if error.is_data() { "a field is missing or not a string" } else { "not JSON" };
            format!("{what}, line {} column {}", error.line(), error.column())
        })?;
        if file.kind != "service_account" {
            return Err(format!("type is `{}`: expected `service_account`", file.kind));
        }
        let der = PrivatePkcs8KeyDer::from_pem_slice(file.private_key.as_bytes())
            .map_err(|_| "private_key is not a PKCS #8 key in PEM".to_owned())?;
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
            .map_err(|error| format!("private_key is not an RSA key: {error}"))?;
        let (email, key_id, project) = (file.client_email, file.private_key_id, file.project_id);
        Ok(Self { email, key_id, project, token_uri: file.token_uri, key })
    }

    /// Where its assertions are turned into tokens.
    pub fn token_uri(&self) -> &str {
        &self.token_uri
    }

    /// The project it belongs to; empty if the file names none.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// A signed assertion, good for an hour from `now` (s since 1970): RFC 7523.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn assertion(&self, now: u64) -> Result<String, ring::error::Unspecified> {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id});
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": now,
            "exp": now + LIFETIME,
        });
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = self.sign(&text)?;
        Ok(format!("{text}.{signature}"))
    }

    /// RS256 (RFC 7518 §3.3) in base64url.
    fn sign(&self, text: &str) -> Result<String, ring::error::Unspecified> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> ServiceAccount {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{RFC7515_A2_KEY}-----END PRIVATE KEY-----\n");
        let file = json!({
            "type": "service_account",
            "client_email": "kav@example.iam.gserviceaccount.com",
            "private_key": pem,
            "private_key_id": "k1",
            "project_id": "p",
        });
        ServiceAccount::parse(&file.to_string()).expect("a key")
    }

    /// The published example of RFC 7515, appendix A.2.
    #[test]
    fn signs_as_the_rfc_does() {
        assert_eq!(account().sign(RFC7515_A2_INPUT).as_deref(), Ok(RFC7515_A2_SIGNATURE));
    }

    #[test]
    fn an_assertion_says_who_and_for_what() {
        let assertion = account().assertion(1_700_000_000).expect("signed");
        let parts: Vec<&str> = assertion.split('.').collect();
        let json = |part: &str| -> serde_json::Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
        };
        assert_eq!(parts.len(), 3);
        assert_eq!(json(parts[0]), json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
        assert_eq!(
            json(parts[1]),
            json!({
                "iss": "kav@example.iam.gserviceaccount.com",
                "scope": "https://www.googleapis.com/auth/cloud-platform",
                "aud": "https://oauth2.googleapis.com/token",
                "iat": 1_700_000_000_u64,
                "exp": 1_700_003_600_u64,
            })
        );
    }

    #[test]
    fn a_bad_file_says_what_is_wrong_and_not_the_key() {
        let error = |json: &str| ServiceAccount::parse(json).expect_err("an error");
        assert_eq!(error("{"), "not JSON, line 1 column 1");
        assert_eq!(
            error(r#"{"type":"authorized_user","client_email":"a","private_key":"hush"}"#),
            "type is `authorized_user`: expected `service_account`"
        );
        for json in [
            r#"{"type":"service_account","client_email":"a","private_key":"hush"}"#,
            r#"{"type":"service_account","client_email":"a","private_key":["hush"]}"#,
        ] {
            assert!(!error(json).contains("hush"), "{}", error(json));
        }
        assert!(!format!("{:?}", account()).contains("MII"));
    }

    const RFC7515_A2_KEY: &str = include_str!("../../../../tests/data/rfc7515_a2.b64");
    const RFC7515_A2_INPUT: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19\
    yb290Ijp0cnVlfQ";
    const RFC7515_A2_SIGNATURE: &str = "\
    cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9\
    uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB\
    _eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq\
    Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
}
