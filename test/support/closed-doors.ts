/**
 * What a homeserver answers whose doors are closed, asked without a token. An open one answers otherwise: registration asks on (401), a guest
 * gets an account (200), a wrong password is wrong (403), the directory is shown (200).
 */
export const closedDoors = [
  {
    what: "registration",
    method: "POST",
    path: "/_matrix/client/v3/register",
    body: { username: "eve", password: "correct-horse-battery" },
    answer: { status: 403, body: { errcode: "M_FORBIDDEN" } },
  },
  {
    what: "guests",
    method: "POST",
    path: "/_matrix/client/v3/register?kind=guest",
    body: {},
    answer: { status: 403 },
  },
  {
    what: "passwords",
    method: "POST",
    path: "/_matrix/client/v3/login",
    body: { type: "m.login.password", identifier: { type: "m.id.user", user: "camille" }, password: "x" },
    answer: { status: 400 },
  },
  {
    what: "directory of rooms for strangers",
    method: "GET",
    path: "/_matrix/client/v3/publicRooms",
    body: undefined,
    answer: { status: 401, body: { errcode: "M_MISSING_TOKEN" } },
  },
] as const;
