// SPDX-License-Identifier: AGPL-3.0-or-later

import ICAL from 'ical.js';

/** Reads a calendar with ical.js. wrong is what RFC 5545 does not allow. */
export function problems(bytes) {
  const wrong = [];
  const text = bytes.toString('utf8');
  if (/[^\r]\n/.test(text)) wrong.push('a line ends with LF alone (§3.1)');
  for (const line of text.split('\r\n')) {
    if (Buffer.byteLength(line) > 75) wrong.push(`a line is longer than 75 octets (§3.1): ${line}`);
  }
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const name of ['prodid', 'version']) if (!calendar.hasProperty(name)) wrong.push(`no ${name} (§3.6)`);
  const zones = new Set(calendar.getAllSubcomponents('vtimezone').map((z) => z.getFirstPropertyValue('tzid')));
  const found = calendar.getAllSubcomponents('vevent').map((component) => {
    for (const name of ['uid', 'dtstamp', 'dtstart']) if (!component.hasProperty(name)) wrong.push(`an event has no ${name} (§3.6.1)`);
    const zone = component.getFirstProperty('dtstart').getParameter('tzid');
    if (zone && !zones.has(zone)) wrong.push(`${zone} is not defined (§3.6.5)`);
    const event = new ICAL.Event(component);
    return {
      uid: event.uid, allDay: event.startDate.isDate, start: event.startDate.toString(), end: event.endDate.toString(), zone,
      status: component.getFirstPropertyValue('status'),
    };
  });
  if (new Set(found.map((e) => e.uid)).size !== found.length) wrong.push('two events have one UID (§3.8.4.7)');
  return { wrong, found };
}
