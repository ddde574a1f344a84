//! Owns the profiles of a config, sorted by name. A copy shares each of them. Pure.

use std::sync::Arc;

use cp_token_protocol::ProfileName;

use crate::profile::Profile;

/// Profiles by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profiles(Vec<Arc<Profile>>);

impl Profiles {
    /// The profile of that name.
    pub fn get(&self, name: &ProfileName) -> Option<&Arc<Profile>> {
        self.position(name).ok().map(|place| &self.0[place])
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, sorted by name.
    pub fn values(&self) -> std::slice::Iter<'_, Arc<Profile>> {
        self.0.iter()
    }

    /// Those after that name, which need not exist; all of them without a name.
    pub fn after(&self, name: Option<&ProfileName>) -> std::slice::Iter<'_, Arc<Profile>> {
        let begin = name.map_or(0, |name| self.position(name).map_or_else(|place| place, |place| place + 1));
        self.0[begin..].iter()
    }

    /// Inserts the profile, or replaces the one of its name.
    pub fn insert(&mut self, profile: Arc<Profile>) {
        match self.position(&profile.name) {
            Ok(place) => self.0[place] = profile,
            Err(place) => self.0.insert(place, profile),
        }
    }

    /// Removes the profile of that name.
    pub fn remove(&mut self, name: &ProfileName) {
        if let Ok(place) = self.position(name) {
            self.0.remove(place);
        }
    }

    fn position(&self, name: &ProfileName) -> Result<usize, usize> {
        self.0.binary_search_by(|profile| profile.name.cmp(name))
    }
}

#[cfg(test)]
impl std::ops::Index<&ProfileName> for Profiles {
    type Output = Arc<Profile>;

    fn index(&self, name: &ProfileName) -> &Arc<Profile> {
        &self.0[self.position(name).unwrap_or(usize::MAX)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::config::Config;

    #[test]
    fn profiles_stand_in_the_order_of_their_names_whatever_comes_and_goes() {
        let text: String = ["b", "d", "a", "c"]
            .map(|name| format!("[profile.{name}]\nurl = \"https://{name}.example\"\nclient_id = \"k\"\n"))
            .concat();
        let mut profiles = Config::parse(&text).expect("a config").profiles;
        let names = |profiles: &Profiles| profiles.values().map(|it| it.name.to_string()).collect::<String>();
        let name = |text: &str| ProfileName::parse(text).expect("a name");
        let behind = |profiles: &Profiles, of: &str| {
            profiles.after(Some(&name(of))).map(|it| it.name.to_string()).collect::<String>()
        };
        assert_eq!((names(&profiles).as_str(), profiles.len()), ("abcd", 4));
        let c = Arc::clone(&profiles[&name("c")]);
        profiles.remove(&name("c"));
        profiles.remove(&name("x"));
        assert_eq!((names(&profiles).as_str(), profiles.get(&name("c"))), ("abd", None));
        assert_eq!((behind(&profiles, "b"), behind(&profiles, "c")), ("d".to_owned(), "d".to_owned()));
        assert_eq!((behind(&profiles, "d"), profiles.after(None).count()), (String::new(), 3));
        profiles.insert(Arc::clone(&c));
        profiles.insert(c);
        assert_eq!(names(&profiles), "abcd");
    }
}
