/* siprec-core: the sofia-sip headers, with our types as its callback arguments
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

#define SU_ROOT_MAGIC_T      void
#define SU_MSG_ARG_T         gpointer
#define SU_TIMER_ARG_T       void
#define NTA_AGENT_MAGIC_T    void
#define NTA_LEG_MAGIC_T      void
#define NTA_INCOMING_MAGIC_T void
#define NTA_OUTGOING_MAGIC_T void

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_tag_io.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
