/* tests: what is known of a call, as documents make it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "siprec-core/metadata/merge.h"

#define HEAD     "<recording xmlns='urn:ietf:params:xml:ns:recording:1'>"
#define PARTIAL  HEAD "<datamode>partial</datamode>"
#define END      "</recording>"
#define PSA(p)   "<participantsessionassoc participant_id='" p "' session_id='c1'>"
#define ASSOC(p) "<participantstreamassoc participant_id='" p "'>"

/* Alice and Bob with audio and video each, as in RFC 8068 section 3.2.1. */
/* clang-format off */
#define BASIC_CALL \
  HEAD \
  "<group group_id='g1'><associate-time>T0</associate-time></group>" \
  "<session session_id='c1'><sipSessionID>one</sipSessionID><sipSessionID>" \
  "two</sipSessionID><group-ref>g1</group-ref><start-time>T0</start-time>" \
  "</session><participant participant_id='alice'>" \
  "<nameID aor='sip:alice@a'><name>Alice</name></nameID>" \
  "<nameID aor='tel:1'/></participant><participant participant_id='bob'>" \
  "<nameID aor='sip:bob@b'/></participant>" \
  "<stream stream_id='s1' session_id='c1'><label>96</label></stream>" \
  "<stream stream_id='s2' session_id='c1'><label>97</label></stream>" \
  "<stream stream_id='s3' session_id='c1'><label>98</label></stream>" \
  "<stream stream_id='s4' session_id='c1'><label>99</label></stream>" \
  PSA ("alice") \
  "<associate-time>T0</associate-time></participantsessionassoc>" \
  PSA ("bob") \
  "<associate-time>T0</associate-time></participantsessionassoc>" \
  ASSOC ("alice") \
  "<send>s1</send><send>s2</send><recv>s3</recv><recv>s4</recv>" \
  "</participantstreamassoc>" \
  ASSOC ("bob") \
  "<send>s3</send><send>s4</send><recv>s1</recv><recv>s2</recv>" \
  "</participantstreamassoc>" \
  END
/* clang-format on */

/* Nothing yet, at the beginning of a test. */
extern SiprecMetadata *state;

/* A checked fixture. */
void merged_set_up (void);
void merged_tear_down (void);

/* Merges a document into the state. */
void apply (const gchar *xml);

/* Who sends on a label, by id; through every stream that has it. */
void assert_senders (const gchar *label, const gchar *expected);

/* Guesses what is missing. @labels: of the lines, separated by commas, "-" for a line without. */
void guess (const gchar *labels);

/* Whether what @participant sends is a guess. */
void assert_guessed (const gchar *participant, gboolean guessed);
