"""Which everyday words mean which motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from personify.motion.acting import laugh, throw
from personify.motion.clip import Motion
from personify.motion.dance import dance
from personify.motion.gestures import argue, talk
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion
from personify.motion.procedural import crouch, hop, idle, jump, nod, shake_head, sit, turn, wave


@dataclass(frozen=True)
class Entry:
    """One thing a person can do.

    Attributes:
        name: of the motion.
        phrases: what people call it, comma-separated; a phrase counts when all its words occur.
        make: the motion, for ``side`` (``"left"``, ``"right"``) and ``seed``.
        side: the side it naturally has; the other one is its mirror image. None = it has none.
        kind: ``"cycle"`` goes on until told otherwise and keeps the legs busy, ``"gesture"`` leaves the legs free,
            ``"whole"`` needs the whole body.
    """

    name: str
    phrases: str
    make: Callable[[int], Motion]
    side: str | None = None
    kind: str = "whole"


def _clip(name: str, phrases: str, side: str | None = None, kind: str = "gesture") -> Entry:
    return Entry(name, phrases, lambda seed: library_motion(name), side, kind)


def _gait(name: str, phrases: str) -> Entry:
    return Entry(name, phrases, lambda seed: gait_motion(name), None, "cycle")


def backwards(motion: Motion) -> Motion:
    """Played from its end to its start: a forward gait becomes a backward one."""
    return replace(
        motion,
        name=f"{motion.name}_backwards",
        text=f"{motion.text} backwards",
        rotations=motion.rotations[::-1],
        translation=motion.translation[::-1] - motion.translation[-1] * (1, 0, 1),
    )


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "idle",
        ("idle, stand, stand still, wait, rest, relax, breathe, do nothing, be still, pause, neutral"),
        lambda seed: idle(),
    ),
    _gait("walk", "walk, go, step forward, come, move forward, approach, pace"),
    _gait("stroll", "stroll, wander, amble, walk leisurely, saunter, walk calm"),
    _gait("march", "march, march like a soldier, parade, walk like a soldier, military walk, goose step"),
    _gait("sneak", "sneak, creep, tiptoe, prowl, stealth, stalk, walk crouched, crouch walk, walk quietly"),
    _gait("jog", "jog, trot, run slowly, run easy"),
    _gait("run", "run, race, rush, flee, chase, hurry, escape"),
    _gait("sprint", "sprint, dash, run fast, run quick, bolt"),
    _gait("swagger", ("swagger, strut, catwalk, walk proud, walk happily, walk confident, walk like a model, runway")),
    _gait(
        "trudge", ("trudge, plod, shuffle, walk sad, walk tired, walk exhausted, walk slow tired, drag the feet, limp")
    ),
    Entry(
        "walk_backwards",
        "walk backwards, walk backward, back up, retreat, step back, back away",
        lambda seed: backwards(gait_motion("stroll")),
        None,
        "cycle",
    ),
    Entry(
        "wave_hello",
        "wave, hello, hi, greet, bye, goodbye, farewell, welcome wave, greeting",
        lambda seed: wave("right"),
        "right",
        "gesture",
    ),
    Entry("jump", "jump, leap, jump high, jump up, bounce up, spring", lambda seed: jump()),
    Entry("hop", "hop, skip, bunny hop, jump rope, rope skipping, bounce", lambda seed: hop(), None, "cycle"),
    Entry("sit", "sit, sit down, take a seat, seated, be seated, sit on a chair, stay seated", lambda seed: sit()),
    Entry("crouch", "crouch, duck, hide, squat down, hunker, cower, bend the knees", lambda seed: crouch()),
    Entry("turn_around", "turn around, turn, about face, look behind", lambda seed: turn(180), "left"),
    Entry(
        "spin", "spin, twirl, pirouette, rotate, whirl, turn full circle, spin around", lambda seed: turn(360), "left"
    ),
    Entry("nod", "nod, yes, agree, say yes, approve, nod the head", lambda seed: nod(), None, "gesture"),
    Entry(
        "shake_head",
        "shake head, no, disagree, refuse, deny, reject, say no",
        lambda seed: shake_head(),
        None,
        "gesture",
    ),
    Entry(
        "dance_groove",
        ("dance, groove, party, boogie, clubbing, hip hop, step touch, samba, salsa, move to music"),
        lambda seed: dance("groove"),
    ),
    Entry(
        "dance_disco", "disco, disco dance, saturday night, funky, dance cool, point dance", lambda seed: dance("disco")
    ),
    Entry(
        "dance_twist",
        "twist, dance the twist, rock and roll, rock n roll, sixties dance, swing dance",
        lambda seed: dance("twist"),
    ),
    Entry(
        "dance_bounce",
        ("dance happily, dance joyfully, dance wild, rave, dance excited, concert, dance with hands up"),
        lambda seed: dance("bounce"),
    ),
    Entry("laugh", "laugh, giggle, chuckle, crack up, joke, hilarious, amused", lambda seed: laugh()),
    Entry("throw", "throw, hurl, pitch, toss, throw a ball, play baseball, snowball", lambda seed: throw(), "right"),
    Entry(
        "argue",
        ("argue, quarrel, angry, dispute, fight verbally, yell, scold, complain, shout, debate, furious, rant"),
        lambda seed: argue(seed),
        None,
        "gesture",
    ),
    Entry(
        "talk",
        ("talk, speak, explain, chat, tell a story, discuss, converse, lecture, present a talk, give a speech, teach"),
        lambda seed: talk(seed),
        None,
        "gesture",
    ),
    _clip("arabesque", "arabesque, ballet, ballerina, ballet dance, ballet pose", "left", "whole"),
    _clip("dab", "dab, dabbing, do the dab", "left"),
    _clip("drink", "drink, sip, drink from a cup, drink coffee, drink water, drink tea, toast", "right"),
    _clip("guitar", "guitar, play guitar, strum, rock star, air guitar, play music, musician"),
    _clip("phone", "phone, call, telephone, make a call, answer the phone, talk on the phone, phone call", "right"),
    _clip(
        "pick_up",
        ("pick up, pick something up, grab from the floor, lift from the ground, collect, bend down and pick"),
        "right",
        "whole",
    ),
    _clip("read_book", "read, book, read a book, study, read the newspaper, look at a tablet"),
    _clip("selfie", "selfie, take a selfie, photo, take a picture, photograph, pose for a photo", "right"),
    _clip(
        "box_punches", "punch, box, boxing, fight, hit, jab, uppercut, throw punches, spar, fistfight", None, "whole"
    ),
    _clip(
        "boxing_guard",
        "boxing stance, guard, fighting stance, ready to fight, fists up, defend, fight pose",
        None,
        "whole",
    ),
    Entry(
        "front_kick",
        "kick, karate kick, front kick, karate, kung fu, taekwondo, kick a ball, soccer kick",
        lambda seed: library_motion("front_kick_right"),
        "right",
    ),
    _clip(
        "horse_stance",
        "horse stance, martial arts, martial arts stance, karate stance, kung fu stance, sumo",
        None,
        "whole",
    ),
    _clip(
        "arms_crossed", ("cross arms, fold arms, arms crossed, arms folded, stubborn, bored, wait impatiently, sulk")
    ),
    _clip("arms_forward", "arms forward, reach forward, zombie, stretch arms forward, sleepwalk, reach out"),
    _clip(
        "arms_raised",
        ("raise arms, arms up, arms overhead, hands overhead, reach up, raise both hands, stretch up, worship"),
    ),
    _clip("arms_v", "victory, win, triumph, arms in a v, champion, success, won, winner"),
    _clip("bow", "bow, take a bow, bow politely, bow respectfully", None, "whole"),
    _clip(
        "cheer",
        ("cheer, celebrate, hooray, hurray, rejoice, pump fists, fist pump, joy, happy, excited, goal, yay, root for"),
    ),
    _clip("clap", "clap, applaud, applause, clap hands, ovation"),
    _clip("cover_ears", "cover ears, too loud, noise, block ears, headphones"),
    _clip(
        "cover_eyes",
        ("cover eyes, hide eyes, cover face, hide face, peekaboo, cry, weep, sob, ashamed, scared, afraid, fear"),
    ),
    _clip("curtsy", "curtsy, curtsey, princess bow, reverence", "left", "whole"),
    _clip(
        "facepalm",
        ("facepalm, face palm, embarrassed, frustrated, disappointed, headache, slap forehead, despair"),
        "right",
    ),
    _clip("flex_biceps", "flex, biceps, flex muscles, bodybuilder, show muscles, strong, muscle pose, strongman"),
    _clip(
        "hand_on_heart",
        ("hand on heart, heartfelt, swear, oath, pledge, anthem, sincere, touched, thank, grateful"),
        "right",
    ),
    _clip("hands_behind_back", "hands behind back, at ease, stroll pose, parade rest"),
    _clip("hands_behind_head", "hands behind head, lounge, arrested, lean back relaxed"),
    _clip(
        "hands_on_hips",
        ("hands on hips, akimbo, stand proud, superhero pose, hero, proud, confident, pose, model pose, bossy"),
    ),
    _clip("hands_up", "hands up, surrender, give up, stick em up, do not shoot, robbed"),
    _clip("hands_wide", ("arms wide, hands wide, open arms, welcome, present, ta da, tada, spread arms, introduce")),
    _clip("heart_overhead", "heart, love, heart with arms, make a heart, i love you, heart sign"),
    _clip("high_five", "high five, give me five, slap hands", "right"),
    _clip("hug", "hug, embrace, cuddle, affection, comfort"),
    _clip(
        "look_down",
        (
            "look down, look at the floor, look at the ground, look at feet, sad, depressed, shy, "
            "bow the head, ashamed look"
        ),
    ),
    _clip("look_up", "look up, look at the sky, stargaze, gaze up, stare at the ceiling"),
    Entry(
        "look_aside",
        ("look, look around, look aside, glance, look left, look right, turn the head, watch, search"),
        lambda seed: library_motion("look_left"),
        "left",
        "gesture",
    ),
    _clip("namaste_bow", "namaste, bow with palms together, wai, thank you bow, indian greeting, yoga greeting"),
    Entry(
        "point_forward",
        "point, point forward, point ahead, point at you, accuse, indicate, blame",
        lambda seed: library_motion("point_forward_right"),
        "right",
        "gesture",
    ),
    Entry(
        "point_side",
        ("point aside, point left, point right, point sideways, give directions, show the way, point to the side"),
        lambda seed: library_motion("point_side_right"),
        "right",
        "gesture",
    ),
    Entry(
        "point_up",
        ("point up, point to the sky, point upward, idea, eureka, number one, point at the ceiling"),
        lambda seed: library_motion("point_up_right"),
        "right",
        "gesture",
    ),
    _clip("praying", "pray, prayer, palms together, beg, plead, please, hands together, amen"),
    _clip(
        "present_left",
        ("present something, show something, present, offer, advertise, product, demonstrate, gesture aside, display"),
        "left",
    ),
    Entry(
        "arm_up",
        ("raise arm, raise hand, arm up, hand up, ask a question, volunteer, raise one hand, hail a taxi, vote"),
        lambda seed: library_motion("right_arm_up"),
        "right",
        "gesture",
    ),
    _clip("salute_right", "salute, soldier, military salute, attention, yes sir", "right"),
    _clip("shake_hands", "shake hands, handshake, shake hand, meet, deal, reach out hand", "right"),
    _clip("shrug", ("shrug, i do not know, dunno, confused, uncertain, unsure, whatever, clueless, palms up")),
    Entry(
        "stop_hand",
        ("stop, halt, stop sign, stop gesture, traffic police, block, stop hand, keep away"),
        lambda seed: library_motion("stop_hand_right"),
        "right",
        "gesture",
    ),
    _clip(
        "thinking",
        (
            "think, ponder, wonder, consider, hand on chin, contemplate, philosophise, thoughtful, "
            "decide, reflect, puzzled"
        ),
        "right",
    ),
    Entry(
        "thumbs_up",
        "thumbs up, thumb up, like, ok, okay, good job, well done, great, approve, hitchhike",
        lambda seed: library_motion("thumbs_up_right"),
        "right",
        "gesture",
    ),
    Entry(
        "big_wave",
        "wave slowly, wave big, wave from afar, wave wide, wave the arm",
        lambda seed: library_motion("wave_right"),
        "right",
        "gesture",
    ),
    _clip(
        "kneel_one",
        ("kneel, propose, kneel on one knee, go down on one knee, marriage proposal, take a knee, genuflect"),
        "left",
        "whole",
    ),
    _clip(
        "knight_kneel",
        ("kneel and bow, knight, knighted, swear fealty, kneel before a king, bow before a king, pledge allegiance"),
        "left",
        "whole",
    ),
    _clip(
        "sit_chair",
        ("sit and stand up, sit down and stand up, sit down and get up, stand up from a chair, get up"),
        None,
        "whole",
    ),
    _clip(
        "sit_legs_crossed",
        "sit cross legged, cross the legs, sit with legs crossed, sit elegantly, sit crossed",
        None,
        "whole",
    ),
    _clip("chair_pose", "chair pose, yoga chair, yoga, utkatasana, half squat, ski", None, "whole"),
    _clip(
        "jumping_jacks",
        ("jumping jacks, jumping jack, star jumps, star jump, exercise, warm up, cardio, work out, aerobics"),
        None,
        "whole",
    ),
    _clip("lunges", "lunge, lunges, leg exercise, split squat", None, "whole"),
    _clip(
        "overhead_press",
        ("weightlifting, lift weights, overhead press, lift, barbell, dumbbell, gym, press, weights, shoulder press"),
        None,
        "whole",
    ),
    _clip("push_ups", "push ups, push up, pushup, pushups, press ups, press up, plank", None, "whole"),
    Entry(
        "side_stretch",
        ("side stretch, stretch, stretch to the side, lean sideways, side bend, limber up, loosen up"),
        lambda seed: library_motion("side_stretch_right"),
        "left",
        "whole",
    ),
    _clip("squats", "squat, squats, knee bends, leg day, do squats, deep knee bend", None, "whole"),
    _clip(
        "touch_toes",
        ("touch toes, bend down, bend over, bend forward, toe touch, stretch the legs, forward fold, tie shoes"),
        None,
        "whole",
    ),
    _clip(
        "tree_pose",
        ("tree pose, tree, balance, stand on one leg, yoga tree, one leg, vrksasana, balance on one foot"),
        "left",
        "whole",
    ),
    _clip("warrior_2", "warrior, warrior pose, yoga warrior, warrior two, virabhadrasana", "left", "whole"),
)

# Words that describe a person, or glue words: neither asks for a motion.
IGNORED = frozenset(
    (
        "a", "an", "the", "and", "or", "of", "to", "in", "on", "at", "with", "his", "her", "their", "its", "my",
        "your", "for", "is", "are", "be", "being", "was", "were", "do", "does", "doing", "who", "that", "this",
        "these", "while", "as", "he", "she", "they", "it", "i", "you", "we", "me", "him", "them", "man",
        "woman", "person", "people", "guy", "girl", "boy", "lady", "someone", "somebody", "character", "avatar",
        "figure", "human", "animation", "motion", "movement", "very", "really", "just", "some", "one", "two",
        "way", "from", "into", "up", "down", "out", "there", "here", "s", "t", "am", "by", "like", "then", "so",
    )
)  # fmt: skip

SLOW = frozenset(
    (
        "slow", "slowly", "leisurely", "calm", "calmly", "gentle", "gently", "lazily", "lazy", "careful",
        "carefully", "softly",
    )
)  # fmt: skip
FAST = frozenset(
    (
        "fast", "quick", "quickly", "rapid", "rapidly", "swift", "swiftly", "energetic", "energetically",
        "wildly", "frantically", "hastily",
    )
)  # fmt: skip
IRREGULAR = {
    "ran": "run", "sat": "sit", "thought": "think", "knelt": "kneel", "stood": "stand", "shook": "shake",
    "spun": "spin", "crept": "creep", "swung": "swing", "went": "go", "came": "come", "spoke": "speak", "told":
    "tell", "drank": "drink", "fought": "fight", "leapt": "leap", "hid": "hide", "won": "win", "threw": "throw",
    "wept": "weep", "held": "hold", "sitting": "sit", "lying": "lie", "feet": "foot", "happily": "happi",
    "happy": "happi",
}  # fmt: skip
