#ifndef MODPLAN_CLINUX_H
#define MODPLAN_CLINUX_H
#endif
