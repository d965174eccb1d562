#!/usr/bin/env python3
"""ntlm-helper.py FILE: what squid asks about NTLM, on standard input and output. FILE has the user and the MD4 of the password (hexadecimal).

Takes NTLMv2 only (MS-NLMP 3.3.2), for any domain. "YR message" is answered by "TT challenge", "KK message" by "AF user" or "NA reason".
"""
import base64
import hmac
import os
import struct
import sys

NTLM = b'NTLMSSP\0'
# unicode, request target, NTLM, target is a server, extended session security, target information, 128 bit, 56 bit
FLAGS = 0x1 | 0x4 | 0x200 | 0x20000 | 0x80000 | 0x800000 | 0x20000000 | 0x80000000
NAME = 'PROXY'.encode('utf-16-le')


def challenge_message(challenge):
    # the server's name twice over: as the target, and as the only statement about it
    info = struct.pack('<HH', 1, len(NAME)) + NAME + struct.pack('<HH', 0, 0)
    head = NTLM + struct.pack('<IHHII', 2, len(NAME), len(NAME), 48, FLAGS) + challenge + bytes(8)
    return head + struct.pack('<HHI', len(info), len(info), 48 + len(NAME)) + NAME + info


def field(message, at):
    length, _, offset = struct.unpack_from('<HHI', message, at)
    if offset + length > len(message):
        raise ValueError('a field lies outside the message')
    return message[offset:offset + length]


def user_of(message, challenge, known_user, password_hash):
    """The user, or None when the proof is wrong."""
    if message[:8] != NTLM or struct.unpack_from('<I', message, 8)[0] != 3:
        raise ValueError('no AUTHENTICATE message')
    response, domain, user = (field(message, at) for at in (20, 28, 36))
    name = user.decode('utf-16-le')
    key = hmac.digest(password_hash, (name.upper() + domain.decode('utf-16-le')).encode('utf-16-le'), 'md5')
    proof = hmac.digest(key, challenge + response[16:], 'md5')
    good = len(response) > 24 and hmac.compare_digest(proof, response[:16]) and name == known_user
    return name if good else None


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        known_user, password_hash = file.read().split()
    challenge = b''
    for line in sys.stdin:
        word, _, text = line.strip().partition(' ')
        if word == 'YR':
            challenge = os.urandom(8)
            answer = 'TT ' + base64.b64encode(challenge_message(challenge)).decode()
        else:
            try:
                user = user_of(base64.b64decode(text), challenge, known_user, bytes.fromhex(password_hash))
                answer = f'AF {user}' if user else 'NA wrong proof'
            except (ValueError, struct.error) as error:
                answer = f'NA {error}'
        print(answer, flush=True)


main()
