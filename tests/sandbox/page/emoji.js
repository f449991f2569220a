/*
 * emoji: short codes and their characters: those that bots use, and the ones
 * people type most. An unknown code stays as it was written.
 */
import { el } from '/page/dom.js';

/* Code and character in turn. */
const TABLE = `
+1 👍 -1 👎 100 💯 1234 🔢 8ball 🎱 abc 🔤 airplane ✈️ alarm_clock ⏰
alien 👽 ambulance 🚑 anchor ⚓ angry 😠 ant 🐜 apple 🍎 arrow_backward ◀️
arrow_double_down ⏬ arrow_double_up ⏫ arrow_down ⬇️ arrow_down_small 🔽
arrow_forward ▶️ arrow_heading_down ⤵️ arrow_heading_up ⤴️ arrow_left ⬅️
arrow_lower_left ↙️ arrow_lower_right ↘️ arrow_right ➡️ arrow_right_hook ↪️
arrow_up ⬆️ arrow_up_down ↕️ arrow_up_small 🔼 arrow_upper_left ↖️
arrow_upper_right ↗️ arrows_clockwise 🔃 arrows_counterclockwise 🔄 art 🎨
astonished 😲 atm 🏧 baby 👶 balloon 🎈 ballot_box_with_check ☑️ bangbang ‼️
bank 🏦 bar_chart 📊 battery 🔋 beach_with_umbrella 🏖️ bee 🐝 beer 🍺 beers 🍻
bell 🔔 no_bell 🔕 bellhop_bell 🛎️ bike 🚲 bird 🐦 birthday 🎂
black_circle ⚫ black_circle_for_record ⏺️ black_heart 🖤
black_large_square ⬛ black_medium_square ◼️ black_right_pointing_double_triangle_with_vertical_bar ⏭️
black_small_square ▪️ black_square_for_stop ⏹️ blue_book 📘 blue_heart 💙
large_blue_circle 🔵 large_blue_square 🟦 large_blue_diamond 🔷 blush 😊
boat ⛵ bomb 💣 book 📖 bookmark 🔖 bookmark_tabs 📑 books 📚 boom 💥 bow 🙇
brain 🧠 bread 🍞 brick 🧱 briefcase 💼 broken_heart 💔 broom 🧹 bug 🐛
building_construction 🏗️ bulb 💡 burrito 🌯 bus 🚌 busts_in_silhouette 👥
bust_in_silhouette 👤 cake 🍰 calendar 📆 call_me_hand 🤙 camera 📷
camping 🏕️ candle 🕯️ capital_abcd 🔠 card_file_box 🗃️ card_index 📇
card_index_dividers 🗂️ cat 🐱 cd 💿 chains ⛓️ champagne 🍾 chart 💹
chart_with_downwards_trend 📉 chart_with_upwards_trend 📈 checkered_flag 🏁
cherries 🍒 chicken 🐔 christmas_tree 🎄 clap 👏 clapper 🎬
classical_building 🏛️ clipboard 📋 clock1 🕐 clock12 🕛 clock3 🕒 clock6 🕕
clock9 🕘 closed_book 📕 closed_lock_with_key 🔐 cloud ☁️ cold_sweat 😰
compass 🧭 compression 🗜️ computer 💻 confetti_ball 🎊 confounded 😖
confused 😕 construction 🚧 construction_worker 👷 control_knobs 🎛️
cookie 🍪 cool 🆒 copyright ©️ cow 🐮 crab 🦀 credit_card 💳 crossed_fingers 🤞
crossed_swords ⚔️ crown 👑 cry 😢 crystal_ball 🔮 cyclone 🌀 dart 🎯 dash 💨
date 📅 deciduous_tree 🌳 desktop_computer 🖥️ detective 🕵️
diamond_shape_with_a_dot_inside 💠 disappointed 😞 dizzy 💫 dizzy_face 😵
dna 🧬 dog 🐶 dollar 💵 dolphin 🐬 door 🚪 double_vertical_bar ⏸️ dragon 🐉
droplet 💧 ear 👂 earth_africa 🌍 earth_americas 🌎 earth_asia 🌏
electric_plug 🔌 elephant 🐘 email 📧 envelope ✉️ envelope_with_arrow 📩
e-mail 📧 exclamation ❗ heavy_exclamation_mark ❗ grey_exclamation ❕
exploding_head 🤯 expressionless 😑 eye 👁️ eyeglasses 👓 eyes 👀
face_palm 🤦 facepalm 🤦 face_with_monocle 🧐 face_with_rolling_eyes 🙄
face_with_thermometer 🤒 factory 🏭 fast_forward ⏩ file_cabinet 🗄️
file_folder 📁 fire 🔥 fire_engine 🚒 fire_extinguisher 🧯 fireworks 🎆
first_aid_kit ⛑️ helmet_with_white_cross ⛑️ fish 🐟 fist ✊ flags 🎏
flashlight 🔦 floppy_disk 💾 flushed 😳 fog 🌫️ foggy 🌁 four_leaf_clover 🍀
free 🆓 frog 🐸 fuelpump ⛽ game_die 🎲 gear ⚙️ gem 💎 ghost 👻 gift 🎁
globe_with_meridians 🌐 goat 🐐 goal_net 🥅 green_apple 🍏 green_book 📗
green_heart 💚 large_green_circle 🟢 large_green_square 🟩 grimacing 😬
grin 😁 grinning 😀 guardsman 💂 hammer 🔨 hammer_and_pick ⚒️
hammer_and_wrench 🛠️ hand ✋ raised_hand ✋ handshake 🤝 hankey 💩 poop 💩
hash #️⃣ headphones 🎧 hear_no_evil 🙉 heart ❤️ heart_eyes 😍 heartbeat 💓
heavy_check_mark ✔️ heavy_division_sign ➗ heavy_dollar_sign 💲
heavy_minus_sign ➖ heavy_multiplication_x ✖️ heavy_plus_sign ➕ herb 🌿
hibiscus 🌺 high_brightness 🔆 hole 🕳️ honeybee 🐝 horse 🐴 hospital 🏥
hot_pepper 🌶️ hotsprings ♨️ hourglass ⌛ hourglass_flowing_sand ⏳ house 🏠
hugging_face 🤗 hushed 😯 ice_cube 🧊 id 🆔 inbox_tray 📥 incoming_envelope 📨
infinity ♾️ information_source ℹ️ innocent 😇 interrobang ⁉️ iphone 📱
jack_o_lantern 🎃 jigsaw 🧩 joy 😂 joystick 🕹️ key 🔑 old_key 🗝️ keyboard ⌨️
keycap_star *️⃣ keycap_ten 🔟 kiss 💋 knot 🪢 label 🏷️ ladder 🪜 lady_beetle 🐞
large_orange_circle 🟠 large_orange_square 🟧 large_orange_diamond 🔶
large_purple_circle 🟣 large_purple_square 🟪 large_red_square 🟥
large_yellow_circle 🟡 large_yellow_square 🟨 large_brown_circle 🟤
last_quarter_moon 🌗 laughing 😆 leaves 🍃 ledger 📒 left_right_arrow ↔️
leftwards_arrow_with_hook ↩️ lemon 🍋 level_slider 🎚️ link 🔗 lion_face 🦁
lizard 🦎 lock 🔒 lock_with_ink_pen 🔏 loop ➿ curly_loop ➰ lotus_position 🧘
loudspeaker 📢 mag 🔍 mag_right 🔎 magnet 🧲 mailbox 📫 mailbox_with_mail 📬
mailbox_closed 📪 mailbox_with_no_mail 📭 male-technologist 👨‍💻
female-technologist 👩‍💻 technologist 🧑‍💻 man 👨 mantelpiece_clock 🕰️ map 🗺️
world_map 🗺️ mask 😷 mechanical_arm 🦾 medal 🎖️ first_place_medal 🥇
second_place_medal 🥈 third_place_medal 🥉 sports_medal 🏅 mega 📣 memo 📝
pencil 📝 microphone 🎤 microscope 🔬 milky_way 🌌 moneybag 💰 monkey 🐒
moon 🌔 mouse 🐭 movie_camera 🎥 moyai 🗿 muscle 💪 mushroom 🍄
musical_note 🎵 mute 🔇 nail_care 💅 name_badge 📛 nauseated_face 🤢 nerd_face 🤓
neutral_face 😐 new 🆕 newspaper 📰 next_track_button ⏭️ ng 🆖
night_with_stars 🌃 no_entry ⛔ no_entry_sign 🚫 no_good 🙅 no_mouth 😶
notebook 📓 notebook_with_decorative_cover 📔 nut_and_bolt 🔩 o ⭕ ocean 🌊
octagonal_sign 🛑 stop_sign 🛑 octopus 🐙 office 🏢 oil_drum 🛢️ ok 🆗
ok_hand 👌 ok_woman 🙆 old_man 👴 on 🔛 open_file_folder 📂 open_hands 👐
orange_book 📙 orange_heart 🧡 outbox_tray 📤 owl 🦉 package 📦 page_facing_up 📄
page_with_curl 📃 pager 📟 palm_tree 🌴 panda_face 🐼 paperclip 📎 parachute 🪂
partly_sunny ⛅ partying_face 🥳 part_alternation_mark 〽️ peach 🍑
pencil2 ✏️ penguin 🐧 pensive 😔 performing_arts 🎭 person_in_lotus_position 🧘
phone ☎️ telephone ☎️ telephone_receiver 📞 pick ⛏️ pig 🐷 pill 💊 pinching_hand 🤏
pineapple 🍍 pizza 🍕 place_of_worship 🛐 point_down 👇 point_left 👈
point_right 👉 point_up ☝️ point_up_2 👆 police_car 🚓 postbox 📮 pouch 👝
pray 🙏 previous_track_button ⏮️ printer 🖨️ probing_cane 🦯 purple_heart 💜
pushpin 📌 put_litter_in_its_place 🚮 question ❓ grey_question ❔ rabbit 🐰
racing_car 🏎️ radio 📻 radio_button 🔘 radioactive_sign ☢️ biohazard_sign ☣️
rage 😡 railway_track 🛤️ rain_cloud 🌧️ rainbow 🌈 raised_hands 🙌
raising_hand 🙋 rat 🐀 receipt 🧾 recycle ♻️ red_circle 🔴 large_red_circle 🔴
registered ®️ relaxed ☺️ relieved 😌 reminder_ribbon 🎗️ repeat 🔁
repeat_one 🔂 restroom 🚻 rewind ⏪ ribbon 🎀 ring 💍 robot_face 🤖 rocket 🚀
roll_of_paper 🧻 rolling_on_the_floor_laughing 🤣 rose 🌹 rotating_light 🚨
round_pushpin 📍 runner 🏃 running 🏃 safety_pin 🧷 safety_vest 🦺 sailboat ⛵
saluting_face 🫡 satellite 📡 satellite_antenna 📡 scales ⚖️ school 🏫
scissors ✂️ scream 😱 scroll 📜 seat 💺 see_no_evil 🙈 seedling 🌱 shield 🛡️
ship 🚢 shopping_trolley 🛒 shower 🚿 shrug 🤷 sign_of_the_horns 🤘
signal_strength 📶 six_pointed_star 🔯 skull 💀 skull_and_crossbones ☠️
sleeping 😴 sleepy 😪 slightly_frowning_face 🙁 slightly_smiling_face 🙂
sloth 🦥 small_blue_diamond 🔹 small_orange_diamond 🔸 small_red_triangle 🔺
small_red_triangle_down 🔻 smile 😄 smiley 😃 smirk 😏 smoking 🚬 snail 🐌
snake 🐍 snowflake ❄️ snowman ⛄ soap 🧼 sob 😭 soon 🔜 sos 🆘 sound 🔉
sparkle ❇️ sparkler 🎇 sparkles ✨ speak_no_evil 🙊 speaker 🔈 loud_sound 🔊
speech_balloon 💬 left_speech_bubble 🗨️ thought_balloon 💭 spider 🕷️
spider_web 🕸️ spiral_calendar_pad 🗓️ spiral_note_pad 🗒️ sponge 🧽 squid 🦑
stadium 🏟️ star ⭐ star2 🌟 stars 🌠 station 🚉 stethoscope 🩺 stopwatch ⏱️
straight_ruler 📏 stuck_out_tongue 😛 studio_microphone 🎙️ sun_behind_cloud 🌥️
sun_with_face 🌞 sunflower 🌻 sunglasses 😎 sunny ☀️ sunrise 🌅 sweat 😓
sweat_drops 💦 sweat_smile 😅 symbols 🔣 syringe 💉 tada 🎉 tanabata_tree 🎋
tangerine 🍊 taxi 🚕 tea 🍵 teacup_without_handle 🍵 telescope 🔭 tent ⛺
test_tube 🧪 thermometer 🌡️ thinking_face 🤔 thinking 🤔 thread 🧵
three_button_mouse 🖱️ thumbsdown 👎 thumbsup 👍 thunder_cloud_and_rain ⛈️
ticket 🎫 admission_tickets 🎟️ timer_clock ⏲️ tired_face 😫 tm ™️ toolbox 🧰
tooth 🦷 top 🔝 tornado 🌪️ trackball 🖲️ tractor 🚜 traffic_light 🚥
vertical_traffic_light 🚦 train 🚋 triangular_flag_on_post 🚩
triangular_ruler 📐 trident 🔱 triumph 😤 trophy 🏆 tropical_fish 🐠 truck 🚚
tulip 🌷 turtle 🐢 tv 📺 twisted_rightwards_arrows 🔀 two_hearts 💕 umbrella ☔
unamused 😒 unicorn_face 🦄 unlock 🔓 up 🆙 upside_down_face 🙃 v ✌️ vhs 📼
vibration_mode 📳 mobile_phone_off 📴 video_camera 📹 video_game 🎮 volcano 🌋
warning ⚠️ wastebasket 🗑️ watch ⌚ watermelon 🍉 wave 👋 waving_white_flag 🏳️
waving_black_flag 🏴 wavy_dash 〰️ weary 😩 whale 🐳 wheel_of_dharma ☸️ wheelchair ♿
white_check_mark ✅ white_circle ⚪ white_flag 🏳️ white_heart 🤍
white_large_square ⬜ white_small_square ▫️ wind_blowing_face 🌬️ wink 😉
woman 👩 wood 🪵 worried 😟 wrench 🔧 writing_hand ✍️ x ❌ negative_squared_cross_mark ❎
yellow_heart 💛 yum 😋 zap ⚡ zero 0️⃣ one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣
six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ zipper_mouth_face 🤐 zzz 💤 u7121 🈚
black_nib ✒️ bricks 🧱 coffee ☕ coffin ⚰️ chess_pawn ♟️ headstone 🪦 hook 🪝
identification_card 🪪 large_white_circle ⚪ luggage 🧳 mirror 🪞 nazar_amulet 🧿
placard 🪧 plunger 🪠 rescue_worker_helmet ⛑️ screwdriver 🪛 bucket 🪣
mouse_trap 🪤 heavy_heart_exclamation_mark_ornament ❣️ umbrella_on_ground ⛱️
no_pedestrians 🚷 underage 🔞 children_crossing 🚸 customs 🛃 passport_control 🛂
do_not_litter 🚯 potable_water 🚰 non-potable_water 🚱 medical_symbol ⚕️
atom_symbol ⚛️ peace_symbol ☮️ beginner 🔰 eject ⏏️ low_battery 🪫
large_yellow_heart 💛 melting_face 🫠 face_in_clouds 😶‍🌫️ hot_face 🥵 cold_face 🥶
face_with_raised_eyebrow 🤨 star-struck 🤩 woozy_face 🥴 flag-us 🇺🇸 flag-gb 🇬🇧
us 🇺🇸 gb 🇬🇧 de 🇩🇪 flag-eu 🇪🇺 fr 🇫🇷 jp 🇯🇵`;

const emoji = new Map();
const words = TABLE.trim().split(/\s+/);

for (let i = 0; i + 1 < words.length; i += 2)
    emoji.set(words[i], words[i + 1]);

const CODE = /:([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?/iy;

/**
 * The short code that begins at text[i], if we know it.
 * @returns {{name: string, length: number}|null}
 */
export function emojiAt(text, i) {
    CODE.lastIndex = i;
    const found = CODE.exec(text);

    return found && emoji.has(found[1])
        ? { name: found[1], length: found[0].length } : null;
}

/** @param {string} name @param {string} [unicode] "1f600-fe0f" */
export function emojiNode(name, unicode) {
    const char = emoji.get(name) || (unicode && String.fromCodePoint(
        ...unicode.split('-').map((hex) => parseInt(hex, 16))));

    if (!char)
        return document.createTextNode(`:${name}:`);
    return el('span', { class: 'emoji', role: 'img', title: `:${name}:`,
        'aria-label': name.replace(/_/g, ' '), text: char });
}

/** Codes that begin with this, as [code, character]. */
export function emojiLike(start, limit) {
    return [...emoji].filter(([name]) => name.startsWith(start))
        .slice(0, limit);
}
