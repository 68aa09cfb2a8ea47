"""Runs a program in a terminal of its own, and presses Ctrl-C when it has printed a text.

in-terminal.py TEXT PROGRAM ARGUMENT...; prints what the program printed, and ends with its exit code.
"""
import fcntl
import os
import pty
import struct
import sys
import termios

awaited, program = sys.argv[1].encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(program[0], program)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
printed, pressed = b"", False
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # Linux tells the end of a terminal so.
        chunk = b""
    if not chunk:
        break
    printed += chunk
    if not pressed and awaited in printed:
        pressed = True
        os.write(terminal, b"\x03")
sys.stdout.buffer.write(printed)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) if pressed else 99)
