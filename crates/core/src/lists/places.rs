//! Places to time zones: zone names, the zones' own cities, countries and regions, and GeoNames' larger cities.

use super::{Found, Lists, distance_allowed, fold, osa, tails, territories};

const PLACES: &str = include_str!("../../data/places.tsv");
const COUNTRIES: &str = include_str!("../../data/countries.tsv");
const CITIES: &str = include_str!("../../data/cities.tsv");

impl Lists {
    /// The zone that is meant by a zone name, city, country, region or abbreviation.
    pub fn zone(&self, words: &str) -> Found {
        let key = fold(words);
        if key.is_empty() || key.len() > 80 {
            return Found::Nothing;
        }
        match self.zone_exact(&key, words.contains('/')) {
            Found::Nothing => {}
            found => return found,
        }
        // "lisbon portugal", "portland in oregon": the first part says it, the second may decide between several.
        let parts: Vec<&str> =
            key.split(' ').filter(|word| !matches!(*word, "in" | "near" | "the" | "time")).collect();
        for cut in (1..parts.len()).rev() {
            let (head, tail) = (parts[..cut].join(" "), parts[cut..].join(" "));
            match (self.zone_exact(&head, false), self.zone_exact(&tail, false)) {
                (Found::One(city), Found::One(region)) if is_region(&tail) && elsewhere(&city, &region) => {
                    return Found::One(region);
                }
                (Found::One(zone), Found::One(_) | Found::Many(_)) => return Found::One(zone),
                (Found::Many(zones), Found::One(zone)) if zones.is_empty() || zones.contains(&zone) => {
                    return Found::One(zone);
                }
                _ => {}
            }
        }
        let found = |found: &Found| *found != Found::Nothing;
        let ways = [self.zone_nearly(&key), self.zone_of_head(&parts)];
        let near =
            |tail: &str| [self.zone_exact(tail, false), self.zone_nearly(tail)].into_iter().find(found);
        ways.into_iter().find(found).or_else(|| tails(&key).find_map(near)).unwrap_or(Found::Nothing)
    }

    /// True for a country or a region, which behind a city tells which one is meant.
    pub fn is_region(&self, words: &str) -> bool {
        is_region(&fold(words))
    }

    /// "guadalajara jalisco", "perth, the one in australia": a large city, and behind it what is in no table. Where a
    /// country is behind it, it has to be the city's.
    fn zone_of_head(&self, parts: &[&str]) -> Found {
        for cut in (1..parts.len()).rev() {
            let Found::One(zone) = self.zone_of_large_place(&parts[..cut].join(" ")) else { continue };
            let of_city = territories::country_of(&zone);
            let behind = parts[cut..].iter().filter_map(|word| territories::named_or_coded(word));
            let fits = behind.map(|territory| territory.code).all(|code| of_city == Some(code));
            if cut + 4 >= parts.len() && parts[..cut].concat().len() >= 5 && fits {
                return Found::One(zone);
            }
        }
        Found::Nothing
    }

    /// The zone of a place that nobody mistakes: in the tables written by hand, a zone's own city, a large city.
    pub(super) fn zone_of_large_place(&self, key: &str) -> Found {
        if lookup_city(key).is_some_and(|(_, large)| !large) {
            return Found::Nothing;
        }
        self.zone_exact(key, false)
    }

    /// As [`Self::zone`], for a place said without the word "time zone": only well-known names, nothing mistyped.
    pub fn zone_of_known_place(&self, words: &str) -> Found {
        let key = fold(words);
        let small = lookup_city(&key).is_some_and(|(_, large)| !large);
        if small && key.len() < 5 { Found::Nothing } else { self.zone_exact(&key, words.contains('/')) }
    }

    fn zone_exact(&self, key: &str, path: bool) -> Found {
        if path && let Some(zone) = self.zones.iter().find(|zone| fold(zone) == key) {
            return Found::One(zone.clone());
        }
        if let Some(zones) = in_table(PLACES, key) {
            return self.keep(zones);
        }
        if let Some(zone) = self.zones.iter().find(|zone| zone.contains('/') && fold(zone) == key) {
            return Found::One(zone.clone());
        }
        let mut own: Vec<&String> = self
            .zones
            .iter()
            .filter(|zone| zone.contains('/') && !zone.starts_with("Etc/"))
            .filter(|zone| zone.rsplit('/').next().is_some_and(|city| fold(city) == key))
            .collect();
        own.sort_by_key(|zone| self.links.contains_key(*zone));
        if let Some(zone) = own.first() {
            // A link that only renames a zone of the same city gives way; a city of its own name stays.
            let canonical =
                self.links.get(*zone).filter(|to| fold(to.rsplit('/').next().unwrap_or(to)) == key);
            return Found::One(canonical.unwrap_or(zone).clone());
        }
        if let Some(zones) = in_table(COUNTRIES, key) {
            return self.keep(zones);
        }
        lookup_city(key).map_or(Found::Nothing, |(zones, _)| self.keep(zones))
    }

    /// The zones of a table line that exist here.
    fn keep(&self, zones: &str) -> Found {
        if zones == "?" {
            return Found::Many(Vec::new());
        }
        let mut kept: Vec<String> =
            zones.split('|').filter(|zone| self.has_zone(zone)).map(str::to_owned).collect();
        if kept.is_empty() && zones == "UTC" && self.has_zone("Etc/UTC") {
            kept.push("Etc/UTC".into());
        }
        match kept.len() {
            0 => Found::Nothing,
            1 => Found::One(kept.remove(0)),
            _ => Found::Many(kept),
        }
    }

    /// A slip of the finger in a known name: the nearest, if only one zone is that near.
    fn zone_nearly(&self, key: &str) -> Found {
        let limit = distance_allowed(key.len());
        if limit == 0 {
            return Found::Nothing;
        }
        let mut best: (usize, Vec<String>) = (limit + 1, Vec::new());
        let mut offer = |name: &str, zones: &dyn Fn() -> Found| {
            let distance = osa(key, name, limit);
            // Two edits in a word are only believed where it starts alike.
            if distance > limit
                || distance > best.0
                || (distance == 2 && !name.starts_with(&key[..first_len(key)]))
            {
                return;
            }
            let Found::One(zone) = zones() else { return };
            if distance < best.0 {
                best = (distance, vec![zone]);
            } else if !best.1.contains(&zone) {
                best.1.push(zone);
            }
        };
        for zone in &self.zones {
            if !zone.contains('/') {
                continue;
            }
            let city = fold(zone.rsplit('/').next().unwrap_or(zone));
            let canonical = self.links.get(zone).filter(|to| fold(to).ends_with(&city)).unwrap_or(zone);
            offer(&city, &|| Found::One(canonical.clone()));
            offer(&fold(zone), &|| Found::One(canonical.clone()));
        }
        for (names, zones) in rows(PLACES).chain(rows(COUNTRIES)) {
            for name in names.split('|') {
                offer(name, &|| self.keep(zones));
            }
        }
        for line in CITIES.lines().filter(|line| line.ends_with("\t1")) {
            let mut fields = line.split('\t');
            if let (Some(name), Some(zones)) = (fields.next(), fields.next()) {
                offer(name, &|| self.keep(zones));
            }
        }
        let (_, mut zones) = best;
        match zones.len() {
            0 => Found::Nothing,
            1 => Found::One(zones.remove(0)),
            _ => Found::Many(zones),
        }
    }
}

/// A word for the country of a zone that is also a language or layout: `Europe/Brussels` → `belgium`.
pub fn country_of_zone(zone: &str) -> Option<&'static str> {
    rows(PLACES)
        .filter(|(_, zones)| *zones == zone)
        .flat_map(|(names, _)| names.split('|'))
        .find(|name| super::languages::language(name).is_some())
}

/// True for what stands in the tables of countries and regions: it tells which of two cities of one name is meant.
fn is_region(key: &str) -> bool {
    in_table(PLACES, key).or_else(|| in_table(COUNTRIES, key)).is_some()
}

/// True where two zones are in two countries: "london ontario" is not in England.
fn elsewhere(city: &str, region: &str) -> bool {
    match (territories::country_of(city), territories::country_of(region)) {
        (Some(city), Some(region)) => city != region,
        _ => false,
    }
}

fn first_len(key: &str) -> usize {
    key.chars().next().map_or(0, char::len_utf8)
}

fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

fn in_table(table: &'static str, key: &str) -> Option<&'static str> {
    rows(table).find(|(names, _)| names.split('|').any(|name| name == key)).map(|(_, zones)| zones)
}

/// A city's zones and whether it is large. The table is sorted by name.
fn lookup_city(key: &str) -> Option<(&'static str, bool)> {
    let body = CITIES.split_once('\n').map_or("", |(_, body)| body);
    let (mut low, mut high) = (0, body.len());
    while low < high {
        let middle = floor_char(body, (low + high) / 2);
        let start = body[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = body[middle..].find('\n').map_or(body.len(), |at| middle + at);
        let line = &body[start..end];
        let name = line.split('\t').next().unwrap_or(line);
        match name.cmp(key) {
            std::cmp::Ordering::Equal => {
                let zones = line.split('\t').nth(1)?;
                return Some((zones, line.ends_with("\t1")));
            }
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_give_their_zone() {
        let lists = Lists::embedded();
        for (words, zone) in [
            ("los angeles", "America/Los_Angeles"),
            ("Europe/Vienna", "Europe/Vienna"),
            ("america/indiana/indianapolis", "America/Indiana/Indianapolis"),
            ("indianapolis", "America/Indiana/Indianapolis"),
            ("Glasgow", "Europe/London"),
            ("Munich", "Europe/Berlin"),
            ("München", "Europe/Berlin"),
            ("phoenix", "America/Phoenix"),
            ("Tromsø", "Europe/Oslo"),
            ("falkenstein", "Europe/Berlin"),
            ("Kraków", "Europe/Warsaw"),
            ("são paulo", "America/Sao_Paulo"),
            ("bogotá", "America/Bogota"),
            ("cape town", "Africa/Johannesburg"),
            ("oslo", "Europe/Oslo"),
            ("reykjavik", "Atlantic/Reykjavik"),
            ("california", "America/Los_Angeles"),
            ("pacific time", "America/Los_Angeles"),
            ("est", "America/New_York"),
            ("utc", "UTC"),
            ("lisbon, portugal", "Europe/Lisbon"),
            ("portland oregon", "America/Los_Angeles"),
            ("pacific auckland", "Pacific/Auckland"),
            ("melborune", "Australia/Melbourne"),
            ("amsterdm", "Europe/Amsterdam"),
            ("warswa", "Europe/Warsaw"),
            ("budpaest", "Europe/Budapest"),
            ("kolkata", "Asia/Kolkata"),
            ("calcutta", "Asia/Kolkata"),
            ("perth au", "Australia/Perth"),
            ("Perth, the one in Australia", "Australia/Perth"),
            ("guadalajara, jalisco", "America/Mexico_City"),
            ("milano", "Europe/Rome"),
            ("sf", "America/Los_Angeles"),
            ("hanoi vietnam", "Asia/Bangkok"),
            ("london ontario", "America/Toronto"),
            ("paris texas", "America/Chicago"),
            ("london england", "Europe/London"),
            ("atlanta georgia", "America/New_York"),
            ("perth scotland", "Europe/London"),
        ] {
            assert_eq!(lists.zone(words), Found::One(zone.into()), "{words}");
        }
    }

    #[test]
    fn a_country_with_several_zones_is_asked_about() {
        let lists = Lists::embedded();
        for words in ["usa", "australia", "canada", "brazil", "america", "europe"] {
            assert!(matches!(lists.zone(words), Found::Many(_)), "{words}");
        }
        for words in ["", "perth jp", "xyzzyplugh", "Mars/Olympus", "\u{1f600}"] {
            assert_eq!(lists.zone(words), Found::Nothing, "{words}");
        }
    }
}
