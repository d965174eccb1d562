# Reads messages with Python's email package (policy `default`) and says what it found. In: one path a line. Out: one JSON object a line.
import hashlib, json, sys, warnings
from email import message_from_binary_file, policy

warnings.simplefilter('ignore')
READING = policy.default


def people(message, name):
    field = message[name]
    if field is None:
        return []
    return [{'name': one.display_name, 'address': one.addr_spec} for one in field.addresses]


def text_of(part):
    octets = part.get_payload(decode=True)
    return octets.decode(part.get_content_charset('utf-8'))


def attachment(part):
    octets = part.get_payload(decode=True)
    if octets is None:
        octets = b''
    return {
        'filename': part.get_filename() or '',
        'contentId': (part['content-id'] or '').strip().strip('<>'),
        'sizeOctets': len(octets),
        'sha256': hashlib.sha256(octets).hexdigest(),
    }


def facts(path):
    with open(path, 'rb') as file:
        message = message_from_binary_file(file, policy=READING)
    text = html = ''
    attachments = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if part.get_content_disposition() is None and kind == 'text/plain' and text == '':
            text = text_of(part)
        elif part.get_content_disposition() is None and kind == 'text/html' and html == '':
            html = text_of(part)
        elif part.get_content_disposition() is not None:
            attachments.append(attachment(part))
    return {
        'from': people(message, 'from'),
        'to': people(message, 'to'),
        'cc': people(message, 'cc'),
        'replyTo': people(message, 'reply-to'),
        'subject': str(message['subject'] or ''),
        'date': message['date'].datetime.timestamp() if message['date'] and message['date'].datetime else None,
        'messageId': str(message['message-id'] or ''),
        'text': text,
        'html': html,
        'attachments': attachments,
        'headers': [str(value) for name, value in message.items() if name.lower().startswith('x-') and name.lower() != 'x-priority'],
        'defects': [type(defect).__name__ for part in message.walk() for defect in part.defects],
    }


for line in sys.stdin:
    path = line.rstrip('\n')
    try:
        print(json.dumps(facts(path)), flush=True)
    except Exception as error:
        print(json.dumps({'error': repr(error)}), flush=True)
