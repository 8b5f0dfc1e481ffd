//! `robots.txt` by RFC 9309, with the crawl delay that many sites add to it. Pure text: fetches nothing.

use std::time::Duration;

/// What is longer is cut, as the RFC allows.
pub const LARGEST: usize = 512 * 1024;

/// The name by which sites address us.
const NAME: &str = "balcao";

/// A longer delay is not believed.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// What a site allows us.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Robots {
    rules: Vec<Rule>,
    /// The least time between two requests.
    pub delay: Option<Duration>,
    /// Addresses of site maps.
    pub sitemaps: Vec<String>,
}

#[derive(Clone, PartialEq, Debug)]
struct Rule {
    allows: bool,
    pattern: String,
}

impl Robots {
    /// Reads the file: the group for us, or else that for everybody.
    pub fn read(text: &str) -> Self {
        let mut own = Self::default();
        let mut general = Self::default();
        let (mut own_named, mut for_own, mut for_all, mut names_open) = (false, false, false, false);
        let mut sitemaps = Vec::new();
        for line in text[..text.floor_char_boundary(LARGEST)].trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "user-agent" => {
                    if !names_open {
                        (for_own, for_all) = (false, false);
                    }
                    names_open = true;
                    let name = value.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
                    for_own |= name == NAME;
                    own_named |= name == NAME;
                    for_all |= name == "*";
                }
                "sitemap" => sitemaps.push(value.to_owned()),
                "allow" | "disallow" | "crawl-delay" => {
                    names_open = false;
                    for (belongs, group) in [(for_own, &mut own), (for_all, &mut general)] {
                        if belongs {
                            group.add(&key, value);
                        }
                    }
                }
                _ => {}
            }
        }
        Self { sitemaps, ..if own_named { own } else { general } }
    }

    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let seconds = value.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
            let longest = LONGEST_DELAY.as_secs_f64();
            self.delay = seconds.map(|seconds| Duration::from_secs_f64(seconds.min(longest))).or(self.delay);
        } else if !value.is_empty() {
            self.rules.push(Rule { allows: key == "allow", pattern: value.to_owned() });
        }
    }

    /// Whether we may fetch this path (with its query). The longest rule that fits counts; of equals, the one that allows.
    pub fn allow(&self, path: &str) -> bool {
        let fitting = self.rules.iter().filter(|rule| fits(rule.pattern.as_bytes(), path.as_bytes()));
        let strongest = fitting.max_by_key(|rule| (rule.pattern.len(), rule.allows));
        path == "/robots.txt" || strongest.is_none_or(|rule| rule.allows)
    }
}

/// Whether a pattern with `*` for anything and `$` for the end fits the beginning of a path. Time is at most the product of
/// both lengths.
fn fits(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix(b"$") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if at == pattern.len() && (!to_the_end || place == path.len()) {
            return true;
        }
        if at < pattern.len() && pattern[at] == b'*' {
            star = Some((at + 1, place));
            at += 1;
        } else if at < pattern.len() && place < path.len() && pattern[at] == path[place] {
            at += 1;
            place += 1;
        } else if let Some((behind, taken)) = star.filter(|(_, taken)| *taken < path.len()) {
            star = Some((behind, taken + 1));
            at = behind;
            place = taken + 1;
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_fitting_rule_counts() {
        let robots = Robots::read(
            "# comment\nUser-agent: *\nDisallow: /admin\nAllow: /admin/ajuda\nDisallow: /*.pdf$\nDisallow: /busca?*q=\nDisallow:\n\
             Crawl-delay: 2.5\n\nSitemap: https://a.example/mapa.xml\nUser-agent: Outro\nDisallow: /",
        );
        for (path, allowed) in [
            ("/", true),
            ("/admin", false),
            ("/administrar", false),
            ("/admin/ajuda/x", true),
            ("/a/b.pdf", false),
            ("/a/b.pdf?x", true),
            ("/busca?x=1&q=2", false),
            ("/robots.txt", true),
        ] {
            assert_eq!(robots.allow(path), allowed, "{path}");
        }
        assert_eq!(robots.delay, Some(Duration::from_millis(2500)));
        assert_eq!(robots.sitemaps, ["https://a.example/mapa.xml"]);
    }

    #[test]
    fn a_group_of_our_own_goes_before_that_for_everybody() {
        let robots = Robots::read(
            "User-agent: *\nDisallow: /\n\nUser-agent: x\nUser-Agent: BALCAO/1.0\nDisallow: /so-isto\n",
        );
        assert!(robots.allow("/outro") && !robots.allow("/so-isto"));
        assert!(!Robots::read("user-agent:*\ndisallow:/").allow("/x"));
        assert!(Robots::read("Disallow: /").allow("/x"));
        assert!(Robots::read("<html>nada</html>").allow("/x"));
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_makes_it_panic(pattern in "[a*$/]{0,20}", path in "[a/]{0,30}") {
            let rules = Robots::read(&format!("User-agent: *\nDisallow: {pattern}"));
            proptest::prop_assert_eq!(rules.allow(&path), pattern.is_empty() || !fits(pattern.as_bytes(), path.as_bytes()));
        }
    }
}
