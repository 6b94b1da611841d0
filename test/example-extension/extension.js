// @ts-check
const vscode = require('vscode');

const ID = 'example.gatehouse-example';

/** @param {vscode.ExtensionContext} context */
exports.activate = async (context) => {
  /** @type {vscode.Extension<import('../../gatehouse.d.ts').GatehouseExports> | undefined} */
  const extension = vscode.extensions.getExtension('gatehouse.gatehouse');
  const gatehouse = (await extension?.activate())?.getApi(1);
  if (gatehouse === undefined) return;

  const spent = vscode.window.createStatusBarItem('example.spent', vscode.StatusBarAlignment.Right);
  spent.name = 'Gatehouse Example';
  const draw = async () => {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const rows = await gatehouse.usage({ by: ['agent'], since: midnight });
    const own = rows.find(({ group }) => group.agent === ID);
    spent.text = `Example: $${Number(own?.costUsd ?? 0).toFixed(4)} today`;
    spent.show();
  };

  context.subscriptions.push(
    spent,
    vscode.commands.registerCommand('gatehouseExample.ask', () => ask(gatehouse)),
    gatehouse.onDidSettle(({ agent }) => agent === ID && void draw()),
    gatehouse.onDidChangeEndpoint((endpoint) => endpoint !== undefined && void draw()),
  );
  if (gatehouse.endpoint !== undefined) await draw();
};

/** @param {import('../../gatehouse.d.ts').GatehouseApi} gatehouse */
async function ask(gatehouse) {
  const editor = vscode.window.activeTextEditor;
  const text = editor?.document.getText(editor.selection.isEmpty ? undefined : editor.selection) ?? '';
  try {
    // Asks the user the first time; rejects when the answer is no.
    const { url, token } = await gatehouse.connect(ID);
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: vscode.workspace.getConfiguration('gatehouseExample').get('model'),
        messages: [{ role: 'user', content: `Explain this in one sentence:\n\n${text}` }],
      }),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error.message);
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ content: body.choices[0].message.content, language: 'markdown' }),
      vscode.ViewColumn.Beside,
    );
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}
