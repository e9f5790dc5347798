/**
 * Values in requests that once ended in an answer of 500, in one that never came, or in one that was wrong.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Answer,
  eventually,
  refused,
  widget,
  widgetCrd,
  withServer,
} from "./test_client.ts";
import type { JsonObject } from "./types.ts";

const DEFAULT = "/api/v1/namespaces/default";
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

Deno.test("continue tokens that no server made are refused", async () => {
  await withServer(async (api) => {
    const token = (value: unknown) =>
      btoa(JSON.stringify(value)).replaceAll("=", "");
    const list = (value: string) =>
      api.get(`${DEFAULT}/configmaps?limit=1&continue=${value}`);
    for (
      const value of [
        "\u00e9",
        "%",
        "e30",
        token({ rv: 1.5, after: "" }),
        token({ rv: "1", after: "" }),
        token({ rv: -2, after: "" }),
        token({ rv: 1, after: { toString: 1 } }),
        token(null),
      ]
    ) {
      refused(
        await list(encodeURIComponent(value)),
        400,
        /invalid continue token/,
      );
    }
    refused(
      await list(token({ rv: 1e9, after: "" })),
      504,
      /Too large resource version: 1000000000/,
    );
  });
});

Deno.test("however much there is to warn of, the head of the answer stays small", async () => {
  await withServer(async (api) => {
    const fields = Array.from({ length: 2000 }, (_, i) => [`field${i}`, 1]);
    const { code, headers } = await api.post(`${DEFAULT}/configmaps`, {
      metadata: { name: "a" },
      ...Object.fromEntries(fields),
    });
    assert.equal(code, 201);
    const warning = headers.get("warning")!;
    assert.match(warning, /^299 - "unknown field \\"field0\\""/);
    assert(warning.length < 8192, `${warning.length} bytes`);
  });
});

Deno.test("a Scale that is none, of another object or of an old state changes nothing", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    const widgets = "/apis/example.com/v1/namespaces/default/widgets";
    await eventually(async () =>
      (await api.post(widgets, widget("a", { size: 3 }))).code === 201
    );
    const scale = `${widgets}/a/scale`;
    const put = (body: JsonObject) =>
      api.put(scale, { metadata: { name: "a" }, ...body });
    const cases: [answer: Promise<Answer>, code: number, message: RegExp][] = [
      [put({ spec: [1] }), 400, /cannot unmarshal array into .*Scale\.spec/],
      [put({ spec: { replicas: "5" } }), 400, /cannot unmarshal string/],
      [put({ kind: "Widget" }), 400, /not a Scale/],
      [put({ metadata: { name: "b" } }), 400, /does not match the name/],
      [
        put({ metadata: { name: "a", resourceVersion: "1" } }),
        409,
        /has been modified/,
      ],
      [
        put({ metadata: { name: "a", resourceVersion: "x" } }),
        400,
        /parsing "x"/,
      ],
      [
        put({ spec: { replicas: -1 } }),
        422,
        /\.spec\.size: Invalid value: -1: should be a non-negative integer/,
      ],
      [
        api.patch(scale, "json", [{
          op: "replace",
          path: "/spec",
          value: "x",
        }]),
        422,
        /patch: Invalid value: .*cannot unmarshal string/,
      ],
      [
        api.patch(scale, "merge", { metadata: { resourceVersion: { a: 1 } } }),
        422,
        /patch: Invalid value: .*cannot unmarshal object/,
      ],
      [
        api.patch(scale, "merge", { metadata: { resourceVersion: "1" } }),
        409,
        /has been modified/,
      ],
    ];
    for (const [answer, code, message] of cases) {
      refused(await answer, code, message);
    }
    assert.equal((await api.get(scale)).body.spec.replicas, 3);
  });
});

Deno.test("annotations that carry nothing of a HorizontalPodAutoscaler leave it readable", async () => {
  await withServer(async (api) => {
    const path = (version: string) =>
      `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
    const values = ["5", "null", "[null]", "[[1]]", '"x"', "{", '{"a":1}'];
    for (const [index, value] of values.entries()) {
      const { code, body } = await api.post(path("v1"), {
        metadata: {
          name: `a${index}`,
          annotations: Object.fromEntries(
            ["metrics", "current-metrics", "conditions", "behavior"].map((
              name,
            ) => [`autoscaling.alpha.kubernetes.io/${name}`, value]),
          ),
        },
        spec: {
          maxReplicas: 3,
          targetCPUUtilizationPercentage: 50,
          scaleTargetRef: { kind: "Deployment", name: "a" },
        },
      });
      assert.equal(code, 201, body.message);
    }
    for (const version of ["v1", "v2"]) {
      const { code, body } = await api.get(path(version));
      assert.equal(code, 200, body.message);
      assert.equal(body.items.length, values.length);
    }
  }, { builtins: "all" });
});

Deno.test("a resourceVersion that is none is a bad request, of one object as of many", async () => {
  await withServer(async (api) => {
    await api.post(`${DEFAULT}/configmaps`, { metadata: { name: "a" } });
    for (const version of ["x", "-1", "1.5", "0x10", "1e3", "%201", "NaN"]) {
      for (const path of ["configmaps/a", "configmaps"]) {
        refused(
          await api.get(`${DEFAULT}/${path}?resourceVersion=${version}`),
          400,
          /resourceVersion: Invalid value/,
        );
      }
    }
  });
});

Deno.test("JSON patches that copy without end are refused, and long ones are quick", async () => {
  await withServer(async (api) => {
    const path = `${DEFAULT}/configmaps/a`;
    await api.post(`${DEFAULT}/configmaps`, { metadata: { name: "a" } });
    // Each doubles the document.
    const copies = Array.from({ length: 40 }, (_, i) => ({
      op: "copy",
      from: "",
      path: `/x${i}`,
    }));
    refused(await api.patch(path, "json", copies), 422, /rejected our request/);
    // 10,000 copies of a large object would take minutes.
    const data = Array.from({ length: 50_000 }, (_, i) => [`k${i}`, ""]);
    const changes = Array.from({ length: 9999 }, (_, i) => ({
      op: "replace",
      path: `/data/k${i}`,
      value: "x",
    }));
    const { code, body } = await api.patch(path, "json", [
      { op: "add", path: "/data", value: Object.fromEntries(data) },
      ...changes,
    ]);
    assert.equal(code, 200, body.message);
    assert.equal(body.data.k9998, "x");
    assert.equal(body.data.k9999, "");
  });
});

Deno.test("quantities of more digits than anything has are out of range", async () => {
  await withServer(async (api) => {
    for (const pods of ["9".repeat(2000), `0.${"1".repeat(2000)}`, "1e101"]) {
      refused(
        await api.post(`${DEFAULT}/resourcequotas`, {
          metadata: { name: "a" },
          spec: { hard: { pods } },
        }),
        400,
        /quantity out of range/,
      );
    }
  });
});

Deno.test("while a long YAML is read, others are answered; it is read as a short one", async () => {
  await withServer(async (api) => {
    const path = `${DEFAULT}/configmaps`;
    const send = (body: string) =>
      api.send("POST", path, { body, type: "application/yaml" });
    const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: long }\n";
    const lines = Array.from({ length: 20_000 }, (_, i) => `  k${i}: "v"\n`);
    let done = false;
    const long = send(`${head}data:\n${lines.join("")}`)
      .finally(() => done = true);
    assert.equal((await api.get(path)).code, 200);
    assert.ok(!done);
    const { code, body } = await long;
    assert.equal(code, 201);
    assert.equal(Object.keys(body.data).length, lines.length);

    refused(
      await send(`${head}data:\n${lines.join("")} x: [\n`),
      400,
      /error converting YAML to JSON: yaml: /,
    );
  });
});
