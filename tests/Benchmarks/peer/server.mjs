// oidc-provider as its documentation sets it up: in-memory adapter, one confidential client, JWT access tokens.
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const port = Number(process.argv[2]);
const secret = process.env.CLIENT_SECRET;
const issuer = `http://127.0.0.1:${port}`;

function key(type, options, alg, kid) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg, kid };
}

function client(client_id) {
  return { client_id, client_secret: secret, grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
}

const provider = new Provider(issuer, {
  clients: [client("bench-es256"), client("bench-rs256")],
  jwks: {
    keys: [
      key("ec", { namedCurve: "P-256" }, "ES256", "es"),
      key("rsa", { modulusLength: 2048 }, "RS256", "rs"),
    ],
  },
  scopes: ["api"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "urn:bench:api",
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, requester) => ({
        scope: "api",
        audience: resource,
        accessTokenTTL: 300,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: requester.clientId === "bench-rs256" ? "RS256" : "ES256" } },
      }),
    },
  },
});
provider.listen(port, "127.0.0.1", () => console.log(`listening ${port}`));
