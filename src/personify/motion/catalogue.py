"""Everything a person can be asked to do: `ENTRIES`, each with what people call it and how it is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from personify.files import reading_asset
from personify.motion import chores, feelings, floorwork, gaits, music, sports, water
from personify.motion.acting import belly_rub, hula_hoop, juggle, laugh, pull_ups, throw
from personify.motion.clip import Motion
from personify.motion.dance import dance
from personify.motion.gestures import argue, talk
from personify.motion.keyposes import Hands, Swing, held
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion
from personify.motion.procedural import crouch, hop, idle, jump, nod, shake_head, sit, turn, wave


@dataclass(frozen=True)
class Ask:
    """How an action is wanted.

    Attributes:
        seed: chooses where the words leave a choice.
        seconds: how long, None = as long as it takes.
        count: how many times, None = not said.
        speed: factor on the natural speed.
        degrees: how far to turn, None = as the action has it.
    """

    seed: int = 0
    seconds: float | None = None
    count: int | None = None
    speed: float = 1.0
    degrees: float | None = None


@dataclass(frozen=True)
class Entry:
    """One thing a person can do.

    Attributes:
        name: of the action.
        make: the motion.
        side: the side it naturally has; the other one is its mirror image. None = it has none.
        kind: ``"cycle"`` goes on until told otherwise and keeps the legs busy, ``"gesture"`` leaves the legs free,
            ``"whole"`` needs the whole body.
        obeys: the fields of `Ask` that ``make`` attends to; the others are applied to its result.
        stroke: seconds of one repetition, for "three times"; None = the whole motion is one.
    """

    name: str
    make: Callable[[Ask], Motion]
    side: str | None = None
    kind: str = "whole"
    obeys: tuple[str, ...] = ()
    stroke: float | None = None

    @property
    def phrases(self) -> str:
        """What people call it, comma-separated."""
        return _phrases()[self.name]


@lru_cache(maxsize=1)
def _phrases() -> dict[str, str]:
    with reading_asset("motion_words.json") as path:
        result: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return result


def entry_named(name: str) -> Entry:
    """The entry of that name."""
    return _by_name()[name]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Entry]:
    return {entry.name: entry for entry in ENTRIES}


def backwards(motion: Motion) -> Motion:
    """Played from its end to its start: a forward gait becomes a backward one."""
    return replace(
        motion,
        name=f"{motion.name}_backwards",
        text=f"{motion.text} backwards",
        rotations=motion.rotations[::-1],
        translation=motion.translation[::-1] - motion.translation[-1] * (1, 0, 1),
    )


def _clip(
    name: str, side: str | None = None, kind: str = "gesture", clip: str = "", stroke: float | None = None
) -> Entry:
    return Entry(name, lambda ask: library_motion(clip or name), side, kind, stroke=stroke)


def _gait(name: str) -> Entry:
    def make(ask: Ask) -> Motion:
        return gait_motion(name, min(max(ask.speed, 0.4), 1.6))

    return Entry(name, make, None, "cycle", ("speed",))


def _once(name: str, make: Callable[[], Motion], side: str | None = None, kind: str = "whole") -> Entry:
    return Entry(name, lambda ask: make(), side, kind)


def _lasting(
    name: str,
    make: Callable[..., Motion],
    side: str | None = None,
    kind: str = "gesture",
    stroke: float | None = None,
    overhead: float = 1.4,
) -> Entry:
    """A maker that takes seconds: those of the work, without the ``overhead`` to take it up and leave it."""

    def made(ask: Ask) -> Motion:
        if ask.count and stroke:
            return make(seconds=ask.count * stroke)
        return make() if ask.seconds is None else make(seconds=max(ask.seconds - overhead, 0.5))

    return Entry(name, made, side, kind, ("seconds", "count") if stroke else ("seconds",), stroke)


def _pose(
    name: str,
    text: str,
    pose: str = "",
    side: str | None = None,
    kind: str = "whole",
    hands: Hands = ("relaxed", "relaxed"),
    swings: Sequence[Swing] = (),
    via: Sequence[str] = (),
    enter: float = 0.8,
) -> Entry:
    """A shipped pose taken up, held alive, and left."""

    def make(ask: Ask) -> Motion:
        overhead = 2 * enter * (1 + len(via)) + 0.2
        hold = 2.4 if ask.seconds is None else max(ask.seconds - overhead, 0.4)
        return held(name, text, pose or name, swings, hands, hold, via, enter)

    return Entry(name, make, side, kind, ("seconds",))


def _turning(name: str, natural: float) -> Entry:
    return Entry(name, lambda ask: turn(ask.degrees or natural), "left", "whole", ("degrees",))


def _waving(ask: Ask) -> Motion:
    beats = ask.count if ask.count else None if ask.seconds is None else max(1, round((ask.seconds - 1.7) * 1.9))
    return wave("right", beats=4 if beats is None else min(beats, 60))


_TALK = lambda make: lambda ask: make(ask.seed)  # noqa: E731 - the two that need a seed

ENTRIES: tuple[Entry, ...] = (
    Entry("idle", lambda ask: idle(max(ask.seconds or 8.0, 1.0)), obeys=("seconds",)),
    _gait("walk"), _gait("stroll"), _gait("march"), _gait("sneak"), _gait("jog"), _gait("run"), _gait("sprint"),
    _gait("swagger"), _gait("trudge"),
    Entry("walk_backwards", lambda ask: backwards(gait_motion("stroll", min(max(ask.speed, 0.4), 1.6))), None, "cycle",
          ("speed",)),
    _once("limp", gaits.limp, "right", "cycle"), _once("stagger", gaits.stagger, None, "cycle"),
    _once("zombie_walk", gaits.zombie, None, "cycle"), _once("tiptoe", gaits.tiptoe, None, "cycle"),
    _once("sidestep", gaits.sidestep, "left", "cycle"), _once("skip", gaits.skip, None, "cycle"),
    _once("moonwalk", gaits.moonwalk, None, "cycle"), _once("push", gaits.pushing, None, "cycle"),
    _once("carry", gaits.carrying, None, "cycle"),
    _lasting("climb", water.climb, None, "whole", 0.9, 0), _lasting("climb_stairs", water.climb_stairs, None,
        "whole", 0.62, 0),
    Entry("down_stairs", lambda ask: water.climb_stairs(ask.seconds or 4.0, down=True), None, "whole", ("seconds",)),
    _once("swim", water.swim, None, "cycle"), _once("breaststroke", water.breaststroke, None, "cycle"),
    _once("fly", water.fly, None, "cycle"), _once("ride_bike", sports.ride_bike, None, "cycle"),
    _once("ride_horse", sports.ride_horse, None, "cycle"),
    _lasting("row", sports.row, None, "whole", 2.2, 0), _lasting("crawl", floorwork.crawl, None, "whole", None, 0),
    Entry("wave_hello", _waving, "right", "gesture", ("count", "seconds")),
    _once("jump", jump), _once("hop", hop, None, "cycle"),
    Entry("sit", lambda ask: sit(ask.seconds or 5.0), obeys=("seconds",)),
    Entry("crouch", lambda ask: crouch(ask.seconds or 3.0), obeys=("seconds",)),
    _turning("turn_around", 180), _turning("spin", 360),
    Entry("nod", lambda ask: nod(), None, "gesture", stroke=0.8),
    Entry("shake_head", lambda ask: shake_head(), None, "gesture", stroke=2.6 / 3),
    *(_once(f"dance_{style}", lambda style=style: dance(style)) for style in ("groove", "disco", "twist", "bounce")),  # type: ignore[misc]
    _once("laugh", laugh), _once("throw", throw, "right"),
    Entry("argue", _TALK(argue), None, "gesture"), Entry("talk", _TALK(talk), None, "gesture"),
    _clip("arabesque", "left", "whole"), _clip("dab", "left"), _clip("drink", "right"),
    _clip("phone", "right"), _clip("pick_up", "right", "whole"), _clip("read_book"), _clip("selfie", "right"),
    _lasting("box_punches", sports.box, None, "whole", 1.6, 0), _clip("boxing_guard", None, "whole"),
    _clip("front_kick", "right", "whole", "front_kick_right"), _clip("horse_stance", None, "whole"),
    _clip("arms_crossed"), _clip("arms_forward"), _clip("arms_raised"), _clip("arms_v"), _clip("bow", None, "whole"),
    _clip("cheer"), _clip("clap"), _clip("cover_ears"), _clip("cover_eyes"), _clip("curtsy", "left", "whole"),
    _clip("facepalm", "right"), _clip("flex_biceps"), _clip("hand_on_heart", "right"), _clip("hands_behind_back"),
    _clip("hands_behind_head"), _clip("hands_on_hips"), _clip("hands_up"), _clip("hands_wide"), _clip("heart_overhead"),
    _clip("high_five", "right"), _clip("hug"), _clip("look_down"), _clip("look_up"),
    _clip("look_aside", "left", clip="look_left"), _clip("namaste_bow"),
    _clip("point_forward", "right", clip="point_forward_right"), _clip("point_side", "right", clip="point_side_right"),
    _clip("point_up", "right", clip="point_up_right"), _clip("praying"), _clip("present_left", "left"),
    _clip("arm_up", "right", clip="right_arm_up"), _clip("salute_right", "right"), _clip("shake_hands", "right"),
    _clip("shrug"), _clip("stop_hand", "right", clip="stop_hand_right"), _clip("thinking", "right"),
    _clip("thumbs_up", "right", clip="thumbs_up_right"), _clip("big_wave", "right", clip="wave_right"),
    _clip("kneel_one", "left", "whole"), _clip("knight_kneel", "left", "whole"), _clip("sit_chair", None, "whole"),
    _clip("sit_legs_crossed", None, "whole"), _clip("chair_pose", None, "whole"),
    _clip("jumping_jacks", None, "whole"), _clip("lunges", None, "whole"), _clip("overhead_press", None, "whole"),
    _lasting("push_ups", floorwork.push_up, None, "whole", 1.5, 0), _clip("side_stretch", "left", "whole",
        "side_stretch_right"),
    _clip("squats", None, "whole"), _clip("touch_toes", None, "whole"), _clip("tree_pose", "left", "whole"),
    _clip("warrior_2", "left", "whole"),
    _lasting("lie_down", floorwork.lie_down, None, "whole", None, 0), _lasting("sleep", floorwork.sleep, None,
        "whole", None, 0),
    _once("fall", floorwork.fall), _once("faint", floorwork.faint), _once("get_up", floorwork.get_up),
    _lasting("sit_ups", floorwork.sit_ups, None, "whole", 1.8, 0), _once("cartwheel", floorwork.cartwheel, "left"),
    _lasting("violin", music.violin), _lasting("guitar", music.guitar), _lasting("piano", music.piano, kind="whole"),
    _lasting("drums", music.drums, kind="whole"), _lasting("flute", music.flute), _lasting("trumpet", music.trumpet),
    _lasting("sing", music.sing), _lasting("conduct", music.conduct),
    _lasting("eat", chores.eat, None, "whole", 2.0), _lasting("stir", chores.stir, stroke=1.1),
    _lasting("type", chores.type_keys, kind="whole"), _lasting("drive", chores.drive, kind="whole"),
    _lasting("write", chores.write, kind="whole"), _lasting("paint", chores.paint, stroke=1.5),
    _lasting("sweep", chores.sweep, None, "whole", 1.25), _lasting("hammer", chores.hammer, "right", "gesture", 0.85),
    _lasting("dig", chores.dig, None, "whole", 2.0), _lasting("chop", chores.chop, None, "whole", 1.7),
    _lasting("knock", chores.knock, "right", "gesture", 1.2), _lasting("pull", chores.pull, None, "whole", 1.8),
    _lasting("brush_teeth", chores.brush_teeth, "right"), _lasting("wash_hands", chores.wash_hands),
    _lasting("dribble", sports.dribble, "right", "gesture", 0.62), _once("basketball_shot", sports.basketball_shot),
    _once("golf", sports.golf), _once("baseball", sports.baseball), _once("tennis_serve", sports.tennis),
    _once("soccer_kick", sports.soccer_kick, "right"), _once("archery", sports.archery),
    _lasting("sword", sports.sword, None, "whole", 1.9), _lasting("ski", sports.ski, kind="whole"),
    _lasting("surf", sports.surf, "left", "whole"),
    _lasting("cry", feelings.cry), _once("yawn", feelings.yawn), _once("sneeze", feelings.sneeze),
    _lasting("cough", feelings.cough, "right"), _lasting("shiver", feelings.shiver),
    _lasting("beckon", feelings.beckon, "right", "gesture", 0.7), _once("blow_kiss", feelings.blow_kiss, "right",
        "gesture"),
    _lasting("scratch_head", feelings.scratch_head, "right"), _lasting("look_out", feelings.look_out, "right"),
    _lasting("shake_fist", feelings.shake_fist, "right", "gesture", 0.42), _lasting("hold_baby", feelings.rock_baby),
    Entry("stomp", lambda ask: feelings.stomp(1.0 + 0.7 * (ask.count or 3)), "right", obeys=("count",)),
    _lasting("juggle", juggle), _lasting("belly_rub", belly_rub, "right", "gesture", 1.1),
    _lasting("hula_hoop", hula_hoop, None, "whole"), _lasting("pull_ups", pull_ups, None, "whole", 2.2, 0),
    _pose("handstand", "do a handstand", via=("touch_toes",), enter=0.9, hands=("open", "open"),
          swings=(Swing("hip", (5, 0, 0), 0.5, 0.0, True),)),
    _pose("robot", "dance like a robot", swings=(Swing("elbow", (0, -45, 0), 0.5, 0.0, True), Swing("head", (0, 25,
        0), 0.5)),
          hands=("open", "open"), enter=0.4),
    _pose("sumo", "take a sumo stance", swings=(Swing("pelvis", (0, 0, 6), 0.5),), hands=("cup", "cup")),
    _pose("meditate", "meditate, cross-legged on the floor", via=("deep_squat",), hands=("cup", "cup")),
    _pose("plank", "hold a plank", via=("deep_squat", "all_fours"), hands=("open", "open")),
    _pose("downward_dog", "yoga downward dog", via=("touch_toes",), hands=("open", "open")),
    _pose("cobra", "yoga cobra", via=("deep_squat", "all_fours"), hands=("open", "open")),
    _pose("bridge", "make a bridge", via=("deep_squat", "sit_floor_legs_out"), hands=("open", "open")),
    _pose("triangle_pose", "yoga triangle pose", side="left", hands=("open", "open")),
    _pose("kneel_pray", "kneel and pray", via=("kneel_both",), hands=("open", "open")),
    _pose("sit_floor", "sit on the floor", "sit_floor_legs_out", via=("deep_squat",), hands=("open", "open"),
          swings=(Swing("head", (0, 14, 0), 0.25),)),
    _pose("hug_knees", "sit and hug the knees", via=("deep_squat",), swings=(Swing("spine1", (2.5, 0, 0), 0.4),)),
    _pose("deadlift", "lift a barbell from the floor", hands=("grip", "grip"), enter=1.1),
    _pose("pistol", "aim a pistol", "aim_pistol", kind="gesture", hands=("grip", "grip"),
          swings=(Swing("spine3", (0, 5, 0), 0.3),)),
    _pose("rifle", "aim a rifle", "aim_rifle", kind="gesture", hands=("grip", "grip"), swings=(Swing("spine3", (0, 6,
        0), 0.25),)),
    _pose("whisper", "whisper a secret", side="right", kind="gesture", hands=("relaxed", "open")),
    _pose("shout", "shout through the hands", "shout_megaphone", kind="gesture", hands=("cup", "cup"),
          swings=(Swing("spine2", (4, 0, 0), 0.9), Swing("head", (4, 0, 0), 0.9))),
    _pose("text_phone", "text on a phone", kind="gesture", hands=("grip", "grip"), swings=(Swing("wrist", (0, 0, 3),
        2.3, 0, True),)),
    _pose("umbrella", "hold an umbrella", "hold_umbrella", "right", "gesture", ("relaxed", "grip")),
    _pose("lean_wall", "lean against a wall", side="left", swings=(Swing("head", (0, 12, 0), 0.2),)),
    _pose("hands_in_pockets", "stand with the hands in the pockets", kind="gesture", swings=(Swing("spine1", (0, 4,
        2), 0.25),)),
    _pose("scared", "shrink back in fear", hands=("open", "open"), enter=0.35, swings=(Swing("spine2", (0.8, 1.2, 0),
        5.0),)),
    _pose("superhero_landing", "land like a superhero", side="left", hands=("fist", "open"), enter=0.6),
    _pose("sprint_start", "get ready to sprint", via=("deep_squat",), hands=("open", "open")),
    _pose("punch_up", "throw an uppercut", "uppercut_right", "right", "whole", ("fist", "fist"),
        via=("boxing_guard",), enter=0.35),
    _pose("side_kick", "kick to the side", "side_kick_right", "right", "whole", ("fist", "fist"),
        via=("boxing_guard",), enter=0.45),
    _pose("crane_kick", "stand like a crane, ready to kick", side="left", hands=("open", "open")),
    _pose("offer", "offer something with both hands", "offer_both", kind="gesture", hands=("cup", "cup")),
    _pose("tired", "catch the breath, hands on the knees", "lean_forward_tired", swings=(Swing("spine2", (4, 0, 0),
        0.8),)),
    _pose("slouch", "stand sadly", "slouch_sad", kind="gesture", swings=(Swing("head", (3, 8, 0), 0.2),)),
    _pose("look_back", "look back over the shoulder", "look_back_left", "left", "gesture"),
    _pose("leap_joy", "jump for joy", "arms_v", hands=("open", "open"), enter=0.4),
    _pose("swing_hips", "dance like an Egyptian", "egyptian", hands=("open", "open"),
          swings=(Swing("head", (0, 14, 0), 1.0), Swing("pelvis", (0, 7, 0), 1.0), Swing("spine2", (0, -9, 0), 1.0))),
)  # fmt: skip
