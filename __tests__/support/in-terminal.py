"""Runs a program in a terminal of its own, and types each answer when the text before it has been printed.

in-terminal.py TEXT ANSWER [TEXT ANSWER]... -- PROGRAM ARGUMENT...; prints what the program printed, and ends with its exit
code. Answers are in Python's notation of strings: \\x03 is Ctrl-C, \\r is Return.
"""
import fcntl
import os
import pty
import struct
import sys
import termios

end = sys.argv.index("--")
typed, program = sys.argv[1:end], sys.argv[end + 1 :]
answers = [
    (text.encode(), answer.encode().decode("unicode_escape").encode())
    for text, answer in zip(typed[::2], typed[1::2])
]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(program[0], program)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
printed, seen = b"", 0
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # Linux tells the end of a terminal so.
        chunk = b""
    if not chunk:
        break
    printed += chunk
    while answers and answers[0][0] in printed[seen:]:
        text, answer = answers.pop(0)
        seen = printed.index(text, seen) + len(text)
        os.write(terminal, answer)
sys.stdout.buffer.write(printed)
_, status = os.waitpid(pid, 0)
sys.exit(99 if answers else os.waitstatus_to_exitcode(status))
