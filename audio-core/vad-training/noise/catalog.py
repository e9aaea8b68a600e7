"""Procedural families: name -> (function, kind, split).

Whole families are either train or test. Test families have differently
generated relatives of the same kind in train.
"""

from . import animals, blasts, engines, hiss, impacts, line, machines, music, nature, tones, traffic, vocal

TEST = {
    "tank",
    "gun_bursts",
    "cat",
    "sewing_machine",
    "stream",
    "dishes",
    "laughter",
    "organ",
    "gsm_buzz",
    "washing_machine",
    "sirens",
    "bursts",
}

_KINDS = {
    "stationary": {
        engines: "propeller",
        machines: "fan air_conditioner hair_dryer washing_machine microwave_kettle",
        hiss: "steady_colour band random_shape speech_shaped",
    },
    "varying": {
        engines: "car_engine diesel motorcycle tank tractor helicopter jet chainsaw mower",
        machines: "vacuum drill sewing_machine printer compressor grinder",
        nature: "wind mic_buffet rain sea stream fill_vessel thunder",
        traffic: "passing_cars road_rumble train squeal_brakes",
        impacts: "paper handset",
        hiss: "speech_modulated slow_modulated bursts moving_formants",
    },
    "impulsive": {
        machines: "jackhammer press loom",
        nature: "fire",
        impacts: "knocks hammering door_slam footsteps dishes coins_keys glass_break typing clicks ticks ball_bounce",
        blasts: "gun_single gun_bursts explosions fireworks battle nail_gun",
    },
    "tonal": {
        traffic: "horns sirens reverse_beeper",
        hiss: "sweeps am_fm sci_fi",
        tones: "dial_tone ringback busy_tone dtmf sit_fax_modem ringers steady_tones",
    },
    "music": {music: "plucked organ pads bells arpeggio drums glide_lead band_mix"},
    "animal": {animals: "dog howl cat cow_sheep rooster birds crickets bees pig_horse"},
    "vocal": {
        vocal: "baby_cry cough throat_sneeze breath_snore whistle laughter applause crowd_hum stomach_lips"
    },
    "line": {
        line: "hum clicks_pops comfort_steps gsm_buzz dect_wifi_buzz idle_noise packet_gaps codec_warble robot_tones"
    },
}

FAMILIES = {
    name: (getattr(mod, name), kind, "test" if name in TEST else "train")
    for kind, mods in _KINDS.items()
    for mod, names in mods.items()
    for name in names.split()
}
