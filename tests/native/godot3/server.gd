# SPDX-License-Identifier: MIT
# A server of Godot 3 with the multiplayer API, for multiplayer_godot3.test.mjs: listens at GODOT_PORT, prints what happens,
# sends every packet back to its sender, and ends after GODOT_LEAVINGS members left.
extends SceneTree

var server = WebSocketServer.new()
var leavings = 0

func _init():
    server.connect("peer_connected", self, "on_peer_connected")
    server.connect("peer_disconnected", self, "on_peer_disconnected")
    var error = server.listen(int(OS.get_environment("GODOT_PORT")), PoolStringArray(), true)
    print("listen ", error)
    if error != OK:
        quit(1)

func on_peer_connected(id):
    print("peer_connected ", id)

func on_peer_disconnected(id):
    print("peer_disconnected ", id)
    leavings += 1

func _idle(_delta):
    server.poll()
    while server.get_available_packet_count() > 0:
        var sender = server.get_packet_peer()
        var packet = server.get_packet()
        print("packet from ", sender, ": ", packet.get_string_from_utf8())
        server.set_target_peer(sender)
        server.put_packet(packet)
    if leavings == int(OS.get_environment("GODOT_LEAVINGS")):
        quit()
    return false
