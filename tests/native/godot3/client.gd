# SPDX-License-Identifier: MIT
# A client of Godot 3 with the multiplayer API, for multiplayer_godot3.test.mjs. Joins the session at GODOT_URL; prints
# what happens, one line an event; carries out the words of GODOT_SENDS, "TARGET:TEXT" separated by blanks, once
# GODOT_MEMBERS members (the server among them) are there; leaves after GODOT_PACKETS packets.
extends SceneTree

var client = WebSocketClient.new()
var members = 0
var packets = 0
var has_sent = false
var over = false

func number(name):
    return int(OS.get_environment(name))

func _init():
    client.connect("connection_succeeded", self, "on_succeeded")
    client.connect("connection_failed", self, "on_failed")
    client.connect("server_disconnected", self, "on_server_disconnected")
    client.connect("peer_connected", self, "on_peer_connected")
    client.connect("peer_disconnected", self, "on_peer_disconnected")
    var error = client.connect_to_url(OS.get_environment("GODOT_URL"), PoolStringArray(), true)
    if error != OK:
        print("connect_to_url ", error)
        quit(1)

func on_succeeded():
    print("connection_succeeded ", client.get_unique_id())

func on_failed():
    print("connection_failed")
    over = true

func on_server_disconnected():
    print("server_disconnected")
    over = true

func on_peer_connected(id):
    print("peer_connected ", id)
    members += 1

func on_peer_disconnected(id):
    print("peer_disconnected ", id)

func send_all():
    has_sent = true
    for word in OS.get_environment("GODOT_SENDS").split(" ", false):
        var at = word.find(":")
        client.set_target_peer(int(word.substr(0, at)))
        var error = client.put_packet(word.substr(at + 1, word.length()).to_utf8())
        print("put_packet ", error)

func _idle(_delta):
    client.poll()
    if not has_sent and client.get_unique_id() > 1 and members >= number("GODOT_MEMBERS"):
        send_all()
    while client.get_available_packet_count() > 0:
        var sender = client.get_packet_peer()
        print("packet from ", sender, ": ", client.get_packet().get_string_from_utf8())
        packets += 1
    if packets == number("GODOT_PACKETS") and not over:
        over = true
        client.disconnect_from_host(1000, "done")
        client.poll()
        print("done")
    if over:
        quit()
    return false
