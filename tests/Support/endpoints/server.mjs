// A SCIM service and a receiver of webhooks in one process, for tests: prints its port, and ends with its input.
//   /scim/v2     SCIMMY with its own checks of schemas; takes the token that is its first argument
//   /hook        verifies by the library of Standard Webhooks, with the secret that is its second argument
//   /seen        what came: passwords by user name, and the webhooks that were verified
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";
import { Webhook } from "standardwebhooks";

const [token, secret] = process.argv.slice(2);
const users = new Map();
const seen = { passwords: {}, hooks: [], refused: [], changes: [] };

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
  ingress: (resource, instance) => {
    if (instance.password?.includes("against the policy")) {
      throw new SCIMMY.Types.Error(400, "invalidValue", "The password is against the policy.");
    }
    const id = resource.id ?? String(users.size + 1);
    if (instance.password) {
      seen.passwords[instance.userName] = instance.password;
    }
    seen.changes.push({ id, active: instance.active });
    users.set(id, { ...JSON.parse(JSON.stringify(instance)), password: undefined, id });
    return users.get(id);
  },
  egress: (resource) => {
    if (resource.id) {
      if (!users.has(resource.id)) {
        throw new SCIMMY.Types.Error(404, null, "There is no such user.");
      }
      return users.get(resource.id);
    }
    return [...users.values()];
  },
  degress: (resource) => users.delete(resource.id),
});

const app = express();
app.use(
  "/scim/v2",
  new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
      if (request.header("Authorization") !== `Bearer ${token}`) {
        throw new Error("The token is not ours.");
      }
      return "idp";
    },
  }),
);
app.post("/hook", express.text({ type: "*/*" }), (request, response) => {
  try {
    seen.hooks.push({ id: request.header("webhook-id"), ...new Webhook(secret).verify(request.body, request.headers) });
    response.sendStatus(204);
  } catch (error) {
    seen.refused.push(error.message);
    response.status(400).json({ error: "signature" });
  }
});
app.get("/seen", (_, response) => response.json(seen));
app.listen(0, "127.0.0.1", function () {
  console.log(this.address().port);
});
process.stdin.resume().on("end", () => process.exit(0));
