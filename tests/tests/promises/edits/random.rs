//! The promise that the config can always be read, over edits and commands by chance: or the command says why not, and
//! has changed nothing.

use cp_token_tests::world::{Outcome, World};

use super::{config, write};
use crate::sizes::{repetitions, tell};

/// A small generator: what matters is that a number repeats a run.
struct Random(u64);

impl Random {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("a small number")
    }
}

const PIECES: [&str; 10] = [
    "default = \"a\"\n",
    "default = \"b\"\n",
    "proxy = \"http://top:1\"\n",
    "[profile.a]\nurl = \"https://a.example\"\nclient_id = \"k\"\nsecret_source = \"memory\"\n",
    "[profile.b]\nurl = \"https://b.example\"\nclient_id = \"k\"\nsecret_source = \"memory\"\n",
    "profile.c = { url = \"https://c.example\", client_id = \"k\", secret_source = \"memory\" }\n",
    "profile.d.url = \"https://d.example\"\nprofile.d.client_id = \"k\"\n",
    "# a note\r\n",
    "colour = 1\n",
    "[profile.b]\n",
];

fn edited(mut lines: Vec<String>, random: &mut Random) -> String {
    let (at, piece) = (random.roll(lines.len() + 1), PIECES[random.roll(PIECES.len())]);
    match random.roll(4) {
        0 => lines.insert(0, piece.to_owned()),
        1 => lines.push(piece.to_owned()),
        2 if at < lines.len() => drop(lines.remove(at)),
        _ => lines.clear(),
    }
    lines.concat()
}

fn command(world: &World, random: &mut Random) -> Outcome {
    let name = ["a", "b", "c", "d"][random.roll(4)];
    let bundle = world.ca_file().display().to_string();
    match random.roll(4) {
        0 => world.helper(&["profile", "use", name]),
        1 => world.helper(&["profile", "delete", name, "--yes"]),
        2 => world.helper(&["profile", "update", name, "--also-for", "https://g.example"]),
        _ => {
            let line = ["profile", "create", name, "--url", "https://n.example", "--client-id", "k"];
            let more = ["--secret-source", "memory", "--secret-stdin", "--no-verify", "--ca-bundle", &bundle];
            world.call(&[&line[..], &more[..]].concat()).stdin("a secret by chance").run()
        }
    }
}

#[test]
fn after_any_edit_and_any_command_the_file_is_read_or_the_command_has_said_why_not_and_changed_nothing() {
    let world = World::new();
    let _daemon = world.daemon();
    let (seed, mut seen) = (0x5eed_0010, [0, 0, 0]);
    let mut random = Random(seed);
    for round in 0..repetitions(100, 5000) {
        let lines = config(&world).split_inclusive('\n').map(str::to_owned).collect();
        let before = edited(lines, &mut random);
        write(&world, &before);
        let outcome = command(&world, &mut random);
        let place = format!("round {round} of seed {seed}: {outcome:?}\n{before}---\n{}", config(&world));
        let is_read = world.helper(&["daemon", "reload"]).code == 0;
        match outcome.code {
            0 => assert!(is_read, "{place}"),
            78 => {
                assert!(config(&world) == before && outcome.stderr.contains("config.toml, line "), "{place}")
            }
            code => assert!(code == 64 && config(&world) == before, "{place}"),
        }
        seen[usize::from(outcome.code != 0) + usize::from(outcome.code == 78)] += 1;
    }
    assert!(seen.iter().all(|&count| count > 5), "each end was seen: {seen:?}");
    tell(&format!("{seen:?} commands were carried out, refused, and met with a broken file"));
}
