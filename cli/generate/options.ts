/** Flags that all `faros generate` commands share. */
export const generateOptions = {
  output: {
    type: "string",
    short: "o",
    value: "DIR",
    required: true,
    description: "Folder to write to, that has nothing else in it",
  },
  check: {
    type: "boolean",
    description: "Write nothing; exit 1 where the folder is not up to date",
  },
} as const;
