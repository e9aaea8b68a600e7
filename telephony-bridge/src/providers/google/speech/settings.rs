//! What is asked of the service.

/// How the caller's words are recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechSettings {
    /// `https://speech.googleapis.com`; `http://` for a stand-in.
    pub endpoint: String,
    /// BCP 47, `he-IL`.
    pub language: String,
    /// The model to ask for; `None`: the service chooses. No telephone model knows Hebrew.
    pub model: Option<String>,
    /// Phrases of the business, which are likelier than others.
    pub phrases: Vec<String>,
    /// How much likelier, 0 to 20.
    pub boost: f32,
    /// v2: the project that pays.
    pub project: String,
    /// v2: the region, `global`.
    pub region: String,
}

impl Default for SpeechSettings {
    fn default() -> Self {
        Self {
            endpoint: "https://speech.googleapis.com".to_owned(),
            language: "he-IL".to_owned(),
            model: None,
            phrases: Vec::new(),
            boost: 10.0,
            project: String::new(),
            region: "global".to_owned(),
        }
    }
}

impl SpeechSettings {
    /// v2: the recogniser that each request describes itself.
    pub(super) fn recogniser_path(&self) -> String {
        format!("projects/{}/locations/{}/recognizers/_", self.project, self.region)
    }
}
