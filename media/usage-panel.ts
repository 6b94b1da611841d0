import { buildPage } from './page.ts';
import './editor-api.ts';
import { speakTheEditorsLanguage } from './words.ts';

// Before anything says a word.
speakTheEditorsLanguage();
buildPage(acquireVsCodeApi());
